/* Bytes that may be secret: wiping, comparing and copying without a trace in timing.
 *
 * The core calls no C library: the same files build for a bare microcontroller and as a MicroPython
 * native module, which has none. */
#ifndef PC_MEMORY_H
#define PC_MEMORY_H

#include <stddef.h>
#include <stdint.h>

/* Overwrite `size` bytes with zeros; the stores are volatile, so the compiler keeps them. */
void pc_memory_wipe(void *memory, size_t size);

/* 1 when the `size` bytes are equal, else 0; time depends on `size` alone. */
int pc_memory_equal(const uint8_t *left, const uint8_t *right, size_t size);

/* Copy `size` bytes between areas that do not overlap. */
void pc_memory_copy(uint8_t *to, const uint8_t *from, size_t size);

/* to[i] ^= from[i] for `size` bytes. */
void pc_memory_xor(uint8_t *to, const uint8_t *from, size_t size);

/* Overwrite the `size` bytes of stack below the caller: what ciphers and modes leave there. They do not wipe their
 * scratch themselves; each call of the key store ends with this one. */
void pc_memory_burn(size_t size);

/* A verdict on secrets that the caller of the core learns anyway, such as "check value differs". Returns it; under memcheck
 * (-DPC_MEMCHECK) it becomes defined from here on, so that only branches on anything else are reported. */
int pc_memory_public(int verdict);

#endif
