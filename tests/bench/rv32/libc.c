/* What a compiler makes of copied structures, and what BearSSL calls. The core is meant to need none of it: emulated.py
 * tells when it does. */
#include <stddef.h>
#include <stdint.h>

#include "peer/string.h"

void *memcpy(void *to, const void *from, size_t size) {
    uint8_t *d = to;
    for (const uint8_t *s = from; size; size--) {
        *d++ = *s++;
    }
    return to;
}

void *memset(void *memory, int value, size_t size) {
    for (uint8_t *d = memory; size; size--) {
        *d++ = (uint8_t)value;
    }
    return memory;
}
