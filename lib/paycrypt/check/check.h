/* What the programs of this folder share: numbers that look random and are the same in every run. */
#ifndef PC_CHECK_H
#define PC_CHECK_H

#include <stdint.h>
#include <stdlib.h>

static uint32_t check_seed = 1;

static inline uint32_t check_draw(uint32_t limit) {
    check_seed = check_seed * 1664525u + 1013904223u;
    return (uint32_t)((uint64_t)check_seed * limit >> 32);
}

/* A buffer of its own and of exactly this size, so that a sanitizer sees one byte too far. */
static inline uint8_t *check_bytes(size_t size) {
    uint8_t *const bytes = malloc(size ? size : 1);
    for (size_t i = 0; i < size; i++) {
        bytes[i] = (uint8_t)check_draw(256);
    }
    return bytes;
}

#endif
