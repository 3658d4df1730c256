#include "memory.h"

#ifdef PC_MEMCHECK
#include <valgrind/memcheck.h>
#endif

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

/* Not inlined, so that its frame lies where the frames of the work before it lay. */
__attribute__((noinline)) void pc_memory_burn(size_t size) {
    volatile uint32_t area[64];
    for (unsigned i = 0; i < sizeof area / sizeof area[0]; i++) {
        area[i] = 0;
    }
    if (size > sizeof area) {
        pc_memory_burn(size - sizeof area);
    }
}

int pc_memory_public(int verdict) {
#ifdef PC_MEMCHECK
    VALGRIND_MAKE_MEM_DEFINED(&verdict, sizeof verdict);
#endif
    return verdict;
}
