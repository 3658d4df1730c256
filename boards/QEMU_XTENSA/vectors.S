/* Reset, window and exception vectors of a core with 64 registers in windows.
 * Xtensa Instruction Set Architecture, 4.7.1 "Windowed Register Option": the stack frame in 4.7.1.5, the six handlers
 * in 4.7.1.4. Frame i keeps a0 to a3 of its caller below its own stack pointer; the further registers of a frame lie at
 * the top of it, below the stack pointer of its caller. */

#define EXCCAUSE_ALLOCA 5
#define PS_RUN 0x4000F  /* windows on, kernel mode, no interrupts */
#define PS_LOW 0x1F     /* lower byte of PS within an exception while PS_RUN holds */

    /* the word must not come before the code: the core starts at the first byte */
    .section .reset, "ax"
    .begin no-transform
    j 1f
    .align 4
2:  .word _start
1:  l32r a2, 2b
    jx a2
    .end no-transform

    .macro at place
    .org \place
    .endm

    .section .vectors, "ax"
    .begin no-transform

    at 0x000
overflow4:
    s32e a0, a5, -16
    s32e a1, a5, -12
    s32e a2, a5, -8
    s32e a3, a5, -4
    rfwo

    at 0x040
underflow4:
    l32e a0, a5, -16
    l32e a1, a5, -12
    l32e a2, a5, -8
    l32e a3, a5, -4
    rfwu

    at 0x080
overflow8:
    s32e a0, a9, -16
    l32e a0, a1, -12 /* the caller's stack pointer */
    s32e a1, a9, -12
    s32e a2, a9, -8
    s32e a3, a9, -4
    s32e a4, a0, -32
    s32e a5, a0, -28
    s32e a6, a0, -24
    s32e a7, a0, -20
    rfwo

    at 0x0C0
underflow8:
    l32e a0, a9, -16
    l32e a1, a9, -12
    l32e a2, a9, -8
    l32e a7, a1, -12
    l32e a3, a9, -4
    l32e a4, a7, -32
    l32e a5, a7, -28
    l32e a6, a7, -24
    l32e a7, a7, -20
    rfwu

    at 0x100
overflow12:
    s32e a0, a13, -16
    l32e a0, a1, -12
    s32e a1, a13, -12
    s32e a2, a13, -8
    s32e a3, a13, -4
    s32e a4, a0, -48
    s32e a5, a0, -44
    s32e a6, a0, -40
    s32e a7, a0, -36
    s32e a8, a0, -32
    s32e a9, a0, -28
    s32e a10, a0, -24
    s32e a11, a0, -20
    rfwo

    at 0x140
underflow12:
    l32e a0, a13, -16
    l32e a1, a13, -12
    l32e a2, a13, -8
    l32e a11, a1, -12
    l32e a3, a13, -4
    l32e a4, a11, -48
    l32e a5, a11, -44
    l32e a6, a11, -40
    l32e a7, a11, -36
    l32e a8, a11, -32
    l32e a9, a11, -28
    l32e a10, a11, -24
    l32e a11, a11, -20
    rfwu

    at 0x300
kernel_exception:
    wsr a2, excsave1
    rsr a2, exccause
    bnei a2, EXCCAUSE_ALLOCA, fatal
    j alloca
fatal:
    j report

    at 0x340
user_exception:
    j fatal

    at 0x3C0
double_exception:
    j fatal

    /* movsp moves the stack pointer, and with it the place of the caller's registers: when these have been stored, they
     * must be loaded first. So do what the return into the caller would do: make this window the one to come back to,
     * turn to the caller's window, and let the handler for it load the registers; movsp is then repeated. */
alloca:
    wsr a3, excsave2
    rsr a2, ps
    rsr a3, windowbase
    srli a2, a2, 12
    slli a2, a2, 12
    slli a3, a3, 8 /* PS.OWB */
    or a2, a2, a3
    addi a2, a2, PS_LOW
    wsr a2, ps
    rsr a2, excsave1
    rsr a3, excsave2
    rsync
    bbci.l a0, 31, 4f
    bbci.l a0, 30, 8f
    rotw -3
    j underflow12
8:  rotw -2
    j underflow8
4:  rotw -1
    j underflow4

    .end no-transform

    .macro begin_windows
    movi a2, 0
    wsr a2, windowbase
    rsync
    movi a2, 1
    wsr a2, windowstart
    rsync
    movi a2, PS_RUN
    wsr a2, ps
    rsync
    .endm

    /* right behind the vectors, within the reach of their jumps */
    .section .text.first, "ax"
    .align 4
    .literal_position

    /* nothing is as it was, but enough for a last message */
report:
    begin_windows
    movi a1, _stack_top
    addi a1, a1, -32
    movi a0, 0
    rsr a10, exccause
    rsr a11, epc1
    rsr a12, excvaddr
    call8 sim_exception

    .global _start
_start:
    begin_windows
    /* this frame looks as if it had a caller, for the day its registers are stored */
    movi a1, _stack_top
    addi a2, a1, -32
    addi a3, a2, -16
    s32i a1, a3, 4
    mov a1, a2
    movi a0, 0
    call8 run
