/* Time of QEMU's machine "virt": the timer of the interrupt controller and the "goldfish" clock chip. */
#include <stdint.h>

#include "py/mphal.h"
#include "py/runtime.h"

#define MTIME_HZ 10000000u
#define MTIME_LOW (*(volatile uint32_t *)0x0200BFF8)
#define MTIME_HIGH (*(volatile uint32_t *)0x0200BFFC)
#define CLOCK_LOW (*(volatile uint32_t *)0x00101000) /* reading it holds the upper word still */
#define CLOCK_HIGH (*(volatile uint32_t *)0x00101004)

static uint64_t mtime(void) {
    uint32_t high;
    uint32_t low;
    do {
        high = MTIME_HIGH;
        low = MTIME_LOW;
    } while (high != MTIME_HIGH);
    return (uint64_t)high << 32 | low;
}

mp_uint_t mp_hal_ticks_ms(void) {
    return (mp_uint_t)(mtime() / (MTIME_HZ / 1000));
}

mp_uint_t mp_hal_ticks_us(void) {
    return (mp_uint_t)(mtime() / (MTIME_HZ / 1000000));
}

mp_uint_t mp_hal_ticks_cpu(void) {
    return MTIME_LOW;
}

void mp_hal_delay_us(mp_uint_t us) {
    uint64_t end = mtime() + (uint64_t)us * (MTIME_HZ / 1000000);
    while (mtime() < end) {
    }
}

void mp_hal_delay_ms(mp_uint_t ms) {
    mp_uint_t start = mp_hal_ticks_ms();
    while (mp_hal_ticks_ms() - start < ms) {
        mp_event_handle_nowait();
    }
}

uint64_t mp_hal_time_ns(void) {
    uint32_t low = CLOCK_LOW;
    return (uint64_t)CLOCK_HIGH << 32 | low;
}
