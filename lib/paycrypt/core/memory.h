/* Bytes that may be secret: wiping, comparing and copying without a trace in timing.
 *
 * The core calls no C library: the same files build for a bare microcontroller and as a MicroPython
 * native module, which has none. */
#ifndef PC_MEMORY_H
#define PC_MEMORY_H

#include <stddef.h>
#include <stdint.h>

#include "config.h"

/* Overwrite `size` bytes with zeros; the stores are volatile, so the compiler keeps them. */
void pc_memory_wipe(void *memory, size_t size);

/* 1 when the `size` bytes are equal, else 0; time depends on `size` alone. */
int pc_memory_equal(const uint8_t *left, const uint8_t *right, size_t size);

/* Copy `size` bytes between areas that do not overlap. */
void pc_memory_copy(uint8_t *to, const uint8_t *from, size_t size);

/* to[i] ^= from[i] for `size` bytes. */
void pc_memory_xor(uint8_t *to, const uint8_t *from, size_t size);

#if PC_WITH_SPEED
/* XOR `count` blocks of `block` bytes (a multiple of 4, like the address of `to`) onto the one at `to`. */
void pc_memory_fold(uint8_t *to, const uint8_t *from, size_t block, size_t count);
#endif

/* On a function whose frame may hold secrets: it is never merged into its caller, so that the caller can burn what it leaves. */
#define PC_APART __attribute__((noinline))

/* Overwrite the stack below the caller, where ciphers and modes leave what they worked on. They do not wipe their scratch
 * themselves; each call of the key store ends with one of these: the first after a cipher with an expanded key, the other one
 * after anything. check/wiping.c searches for what they miss. */
#if PC_WITH_ALL
void pc_memory_burn(void);
#define PC_BURN 512       /* bytes */
#define PC_BURN_DEEP 2304 /* bytes */
#else
#define pc_memory_burn pc_memory_burn_deep /* one is less code than two */
#define PC_BURN_DEEP 1536
#endif
void pc_memory_burn_deep(void);

/* What comes out of secrets and is none: memory that says what a sealed key is for, a verdict such as "check value differs",
 * which the caller learns anyway. Under memcheck (-DPC_MEMCHECK) it is defined from here on, so that branches on anything else
 * are reported; otherwise nothing happens. */
#ifdef PC_MEMCHECK
void pc_memory_publish(const void *memory, size_t size);
int pc_memory_public(int verdict); /* returns it */
#else
#define pc_memory_publish(memory, size) ((void)(memory), (void)(size))
#define pc_memory_public(verdict) (verdict)
#endif

#endif
