/* What needs to know of register windows: storing them all, setjmp and longjmp. Places in the stack: see vectors.S. */

#define PS_WOE 0x40000

    .text

/* void spill_windows(int depth): every caller's registers are in the stack afterwards.
 * Eight calls of two windows each go once round the 64 registers; a few more do no harm. */
    .align 4
    .global spill_windows
spill_windows:
    entry a1, 32
    beqz a2, 1f
    addi a10, a2, -1
    call8 spill_windows
1:  retw

    .macro store_four place, offset, first, second, third, fourth
    s32i \first, \place, \offset
    s32i \second, \place, \offset + 4
    s32i \third, \place, \offset + 8
    s32i \fourth, \place, \offset + 12
    .endm

/* int setjmp(jmp_buf place)
 * The caller's registers are at hand in the windows before this one: turn there and store them, with the check off that
 * would take the registers of this window for a collision. */
    .align 4
    .global setjmp
setjmp:
    entry a1, 16
    s32i a0, a2, 48
    s32i a1, a2, 52
    rsr a4, ps
    movi a5, PS_WOE
    xor a5, a4, a5
    wsr a5, ps
    rsync
    bbci.l a0, 31, 4f
    bbci.l a0, 30, 8f
    rotw -3
    store_four a14, 0, a0, a1, a2, a3
    store_four a14, 16, a4, a5, a6, a7
    store_four a14, 32, a8, a9, a10, a11
    rotw 3
    j 1f
8:  rotw -2
    store_four a10, 0, a0, a1, a2, a3
    store_four a10, 16, a4, a5, a6, a7
    rotw 2
    j 1f
4:  rotw -1
    store_four a6, 0, a0, a1, a2, a3
    rotw 1
1:
    wsr a4, ps
    rsync
    movi a2, 0
    retw

/* void longjmp(jmp_buf place, int value): give the stack the registers it had, then return from setjmp once more. */
    .align 4
    .global longjmp
longjmp:
    entry a1, 32
    movi a10, 10
    call8 spill_windows
    l32i a4, a2, 52
    addi a4, a4, -16
    l32i a5, a2, 0
    l32i a6, a2, 4
    s32i a5, a4, 0
    s32i a6, a4, 4
    l32i a7, a2, 8
    s32i a7, a4, 8
    l32i a7, a2, 12
    s32i a7, a4, 12
    /* how many registers beyond four the caller had stands in the upper bits of setjmp's return address */
    addi a6, a6, -16
    l32i a6, a6, 4 /* the stack pointer of the caller's caller */
    l32i a5, a2, 48
    extui a5, a5, 30, 2
    addi a5, a5, -1
    slli a5, a5, 4
    addi a6, a6, -16
    sub a6, a6, a5
    addi a7, a2, 16
    add a5, a5, a6
    j 2f
1:  l32i a4, a7, 0
    s32i a4, a6, 0
    addi a7, a7, 4
    addi a6, a6, 4
2:  bne a6, a5, 1b
    /* no window but this one is alive: the return loads the caller's from the stack */
    rsr a4, windowbase
    ssl a4
    movi a5, 1
    sll a5, a5
    wsr a5, windowstart
    rsync
    l32i a0, a2, 48
    l32i a1, a2, 52
    movi a2, 1
    movnez a2, a3, a3
    retw
