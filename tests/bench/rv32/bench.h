/* What the counting programs share: a table of rows, the cases they run on, and the counter. */
#ifndef BENCH_H
#define BENCH_H

#include <stddef.h>
#include <stdint.h>

#define TEXT 256 /* bytes */
#define PIN 6    /* digits */
#define PAN 16

/* One set of inputs; cases.py packs the same fields in the same order. */
typedef struct {
    uint8_t key[32];
    uint8_t other[32];
    uint8_t text[TEXT];
    uint8_t ksn[12];
    uint8_t fill[20];
    uint8_t pan[PAN];
    uint8_t pin[8];
    uint8_t field62[40];  /* two keys under `key`, 16 bytes of DES */
    uint8_t block_b[80];  /* TR-31 B under the same */
    uint8_t block_d[112]; /* TR-31 D under the same 16 bytes as AES */
} case_t;

/* QEMU puts the number of cases and the cases there. */
#define CASES_AT 0x80400000u

/* A row measures one call with one case; `size` tells rows of the same function apart. */
typedef struct {
    const char *name;
    uint32_t (*count)(const case_t *input, int size);
    int size;
} row_t;

typedef struct {
    const char *name;
    uint32_t bytes;
} size_row_t;

/* A program's rows and the sizes it tells; both end with a row without name. */
extern const row_t bench_rows[];
extern const size_row_t bench_sizes[];

void bench_exit(int status);

/* Print the row that went wrong and end, unless `good`. */
void bench_expect(int good, const char *what);

/* Instructions retired so far, the low half: no row comes near 2^32. */
static inline uint32_t bench_retired(void) {
    uint32_t count;
    __asm__ volatile("csrr %0, minstret" : "=r"(count) : : "memory");
    return count;
}

/* Instructions of `statements`. Two readings of the counter with nothing between them are one instruction apart. */
#define BENCH_COUNT(result, statements)                 \
    do {                                                \
        const uint32_t before_ = bench_retired();       \
        statements;                                     \
        (result) = bench_retired() - before_ - 1u;      \
    } while (0)

#endif
