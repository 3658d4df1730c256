/* Console and clock of QEMU's machine "sim": calls to the host ("simcall") and the core's cycle counter. */
#include "py/mphal.h"
#include "py/mpprint.h"
#include "py/runtime.h"

#define CALL_EXIT 1
#define CALL_READ 3
#define CALL_WRITE 4
#define CYCLES_PER_US 10u /* QEMU's dc233c runs at 10 MHz */

static int simcall(int call, int first, const void *second, int third) {
    register int a2 __asm__("a2") = call;
    register int a3 __asm__("a3") = first;
    register const void *a4 __asm__("a4") = second;
    register int a5 __asm__("a5") = third;
    __asm__ volatile ("simcall" : "+r" (a2), "+r" (a3) : "r" (a4), "r" (a5) : "memory");
    return a2;
}

void sim_exit(int status) {
    for (;;) {
        simcall(CALL_EXIT, status, NULL, 0);
    }
}

/* Where exceptions of the core that nobody handles end, see vectors.S. */
void sim_exception(unsigned int cause, unsigned int place, unsigned int address) {
    mp_printf(&mp_plat_print, "exception %u at 0x%08x, address 0x%08x\n", cause, place, address);
    sim_exit(1);
}

void abort(void) {
    sim_exit(1);
}

/* The end of standard input is the end of the machine. */
int mp_hal_stdin_rx_chr(void) {
    unsigned char byte;
    if (simcall(CALL_READ, 0, &byte, 1) != 1) {
        sim_exit(0);
    }
    return byte;
}

mp_uint_t mp_hal_stdout_tx_strn(const char *text, size_t size) {
    for (size_t sent = 0; sent < size;) {
        int count = simcall(CALL_WRITE, 1, text + sent, (int)(size - sent));
        if (count <= 0) {
            sim_exit(1);
        }
        sent += (size_t)count;
    }
    return size;
}

uintptr_t mp_hal_stdio_poll(uintptr_t flags) {
    return 0;
}

/* The counter is 32 bits wide and wraps after 429 s: somebody asks for the time more often than that. */
static uint64_t cycles(void) {
    static uint64_t sum;
    static uint32_t last;
    uint32_t now;
    __asm__ volatile ("rsr %0, ccount" : "=r" (now));
    sum += (uint32_t)(now - last);
    last = now;
    return sum;
}

mp_uint_t mp_hal_ticks_ms(void) {
    return (mp_uint_t)(cycles() / (CYCLES_PER_US * 1000));
}

mp_uint_t mp_hal_ticks_us(void) {
    return (mp_uint_t)(cycles() / CYCLES_PER_US);
}

mp_uint_t mp_hal_ticks_cpu(void) {
    return (mp_uint_t)cycles();
}

void mp_hal_delay_us(mp_uint_t us) {
    uint64_t end = cycles() + (uint64_t)us * CYCLES_PER_US;
    while (cycles() < end) {
    }
}

void mp_hal_delay_ms(mp_uint_t ms) {
    mp_uint_t start = mp_hal_ticks_ms();
    while (mp_hal_ticks_ms() - start < ms) {
        mp_event_handle_nowait();
    }
}

/* There is no clock of the day: file times count from the start. */
uint64_t mp_hal_time_ns(void) {
    return cycles() * (1000 / CYCLES_PER_US);
}
