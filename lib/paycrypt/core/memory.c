#include "memory.h"

void pc_memory_wipe(void *memory, size_t size) {
    volatile uint8_t *byte = memory;
    while (size--) {
        *byte++ = 0;
    }
}

int pc_memory_equal(const uint8_t *left, const uint8_t *right, size_t size) {
    uint32_t difference = 0;
    for (size_t i = 0; i < size; i++) {
        difference |= (uint32_t)(left[i] ^ right[i]);
    }
    /* 0 - 1 borrows into bit 31; 1..255 - 1 does not */
    return (int)((difference - 1u) >> 31);
}

void pc_memory_copy(uint8_t *to, const uint8_t *from, size_t size) {
    for (size_t i = 0; i < size; i++) {
        to[i] = from[i];
    }
}

void pc_memory_xor(uint8_t *to, const uint8_t *from, size_t size) {
    for (size_t i = 0; i < size; i++) {
        to[i] = (uint8_t)(to[i] ^ from[i]);
    }
}
