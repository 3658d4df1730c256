/* Runs every row on every case and prints the counts:
 *
 *   size NAME: BYTES
 *   row NAME: COUNT COUNT …       one for each case */
#include "bench.h"

#define UART ((volatile uint8_t *)0x10000000u)

void bench_main(void);

static void print(const char *text) {
    while (*text) {
        *UART = (uint8_t)*text++;
    }
}

static void print_number(uint32_t number) {
    char digits[11];
    unsigned at = sizeof digits - 1;
    digits[at] = 0;
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number);
    print(digits + at);
}

void bench_expect(int good, const char *what) {
    if (!good) {
        print("failed: ");
        print(what);
        print("\n");
        bench_exit(1);
    }
}

void bench_main(void) {
    const uint32_t cases = *(const uint32_t *)CASES_AT;
    const case_t *const inputs = (const case_t *)(CASES_AT + 4);
    for (const size_row_t *size = bench_sizes; size->name; size++) {
        print("size ");
        print(size->name);
        print(": ");
        print_number(size->bytes);
        print("\n");
    }
    for (const row_t *row = bench_rows; row->name; row++) {
        print("row ");
        print(row->name);
        print(":");
        for (uint32_t i = 0; i < cases; i++) {
            print(" ");
            print_number(row->count(&inputs[i], row->size));
        }
        print("\n");
    }
    bench_exit(0);
}
