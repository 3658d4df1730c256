#include "memory.h"

#ifdef PC_MEMCHECK
#include <valgrind/memcheck.h>
#endif

#if PC_WITH_SPEED
/* Words where addresses and size allow it: nearly all that is wiped and XORed here is aligned. */
#define WORDS(address, size) ((((uintptr_t)(address) | (size)) & 3u) == 0)
typedef uint32_t __attribute__((may_alias)) word_t;

void pc_memory_wipe(void *memory, size_t size) {
    if (WORDS(memory, size)) {
        for (volatile word_t *word = memory; size; size -= 4) {
            *word++ = 0;
        }
    } else {
        for (volatile uint8_t *byte = memory; size; size--) {
            *byte++ = 0;
        }
    }
}

void pc_memory_xor(uint8_t *to, const uint8_t *from, size_t size) {
    if (WORDS(to, size) && WORDS(from, 0)) {
        for (size_t i = 0; i < size; i += 4) {
            *(word_t *)(to + i) ^= *(const word_t *)(from + i);
        }
    } else {
        for (size_t i = 0; i < size; i++) {
            to[i] = (uint8_t)(to[i] ^ from[i]);
        }
    }
}

void pc_memory_fold(uint8_t *to, const uint8_t *from, size_t block, size_t count) {
    const uint8_t *const end = from + block * count;
    if (WORDS(from, 0)) {
        for (size_t i = 0; i < block; i += 4) {
            word_t sum = *(word_t *)(to + i);
            for (const uint8_t *word = from + i; word < end; word += block) {
                sum ^= *(const word_t *)word;
            }
            *(word_t *)(to + i) = sum;
        }
    } else {
        for (; from < end; from += block) {
            pc_memory_xor(to, from, block);
        }
    }
}
#else
void pc_memory_wipe(void *memory, size_t size) {
    for (volatile uint8_t *byte = memory; size; size--) {
        *byte++ = 0;
    }
}

void pc_memory_xor(uint8_t *to, const uint8_t *from, size_t size) {
    for (; size; size--, to++) {
        *to = (uint8_t)(*to ^ *from++);
    }
}
#endif

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

/* One area each: several smaller ones would leave holes between their frames. An optimiser that sees all of it would still
 * take the area apart, unless its address goes where it can not follow. */
#define IN_ONE_PIECE(area) __asm__ volatile("" : : "r"(area) : "memory")

#if PC_WITH_ALL
PC_APART void pc_memory_burn(void) {
    uint32_t area[PC_BURN / 4];
    IN_ONE_PIECE(area);
    pc_memory_wipe(area, sizeof area);
}
#endif

PC_APART void pc_memory_burn_deep(void) {
    uint32_t area[PC_BURN_DEEP / 4];
    IN_ONE_PIECE(area);
    pc_memory_wipe(area, sizeof area);
}

#ifdef PC_MEMCHECK
void pc_memory_publish(const void *memory, size_t size) {
    VALGRIND_MAKE_MEM_DEFINED(memory, size);
}

int pc_memory_public(int verdict) {
    pc_memory_publish(&verdict, sizeof verdict);
    return verdict;
}
#endif
