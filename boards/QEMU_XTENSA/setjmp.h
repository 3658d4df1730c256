/* setjmp for windowed Xtensa code, see windows.S. */
#ifndef QEMU_XTENSA_SETJMP_H
#define QEMU_XTENSA_SETJMP_H

/* the caller's a0 to a3, its further registers, setjmp's own a0 and a1 */
typedef unsigned int jmp_buf[14];

int setjmp(jmp_buf place) __attribute__((returns_twice));
void longjmp(jmp_buf place, int value) __attribute__((noreturn));

#endif
