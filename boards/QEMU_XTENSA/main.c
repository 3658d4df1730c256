/* MicroPython's REPL on standard input and output. */
#include "py/cstack.h"
#include "py/gc.h"
#include "py/mphal.h"
#include "py/runtime.h"
#include "shared/runtime/pyexec.h"

#define STACK_SIZE (16 * 1024) /* as the ESP32's main task has; sim.ld reserves more */

void spill_windows(int depth); /* windows.S */

static uint32_t heap[MICROPY_HEAP_SIZE / sizeof(uint32_t)];
static char *stack_top;

void run(void) {
    char here;
    stack_top = &here;
    mp_cstack_init_with_top(&here, STACK_SIZE);
    gc_init(heap, (char *)heap + sizeof heap);
    for (;;) {
        mp_init();
        while ((pyexec_mode_kind == PYEXEC_MODE_RAW_REPL ? pyexec_raw_repl() : pyexec_friendly_repl()) == 0) {
        }
        mp_hal_stdout_tx_str("MPY: soft reboot\r\n");
        gc_sweep_all();
        mp_deinit();
    }
}

/* A function of its own: the registers of gc_collect's caller are kept below gc_collect's own stack pointer. */
static __attribute__((noinline)) void collect_stack(void) {
    void *here;
    spill_windows(10);
    gc_collect_root(&here, (size_t)(stack_top - (char *)&here) / sizeof(void *));
}

void gc_collect(void) {
    gc_collect_start();
    collect_stack();
    gc_collect_end();
}

void nlr_jump_fail(void *value) {
    mp_hal_stdout_tx_str("exception without a handler\r\n");
    sim_exit(1);
}
