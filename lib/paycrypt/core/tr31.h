/* Import of a TR-31 key block (ASC X9 TR 31-2018, ANSI X9.143): versions A, B, C and D.
 *
 *   header 16   version, length, usage, algorithm, mode, key version, exportability, number of optional blocks, 00
 *   optional blocks, then the encrypted key and the authenticator, both hexadecimal
 *
 * A and C derive their keys by a variant, B and D by CMAC; A to C take triple DES protection keys, D takes AES.
 *
 *   usage      serves         modes of use   algorithm and bytes of key
 *   K0 K1      KEK            B D N          T 16 24, A 16 24 32
 *   P0         PIN            B E N          T 16 24, A 16 24 32, D 8
 *   M0         MAC, CBC       C G V N        T 16 24
 *   M1         MAC, CBC       C G V N        T 16 24, A 16 24 32, D 8
 *   M3         MAC, X919      C G V N        T 16
 *   M6         MAC, CMAC      C G V N        T 16 24, A 16 24 32
 *   D0         DATA           B D E N        T 16 24, A 16 24 32, D 8
 *   B1         DUKPT          X N            T 16, A 16 24 32
 *
 * Other usages are refused, as are components of keys. What optional blocks say is not looked at. */
#ifndef PC_TR31_H
#define PC_TR31_H

#include <stddef.h>
#include <stdint.h>

#include "cipher.h"

#define PC_TR31_MAX 512 /* characters of the longest key block taken */

/* A key and what its block allows; wiped by the caller. */
typedef struct {
    uint8_t key[PC_KEY_MAX];
    uint8_t size;   /* bytes */
    uint8_t cipher; /* PC_CIPHER_DES or PC_CIPHER_AES */
    uint8_t usage;  /* PC_USAGE_… */
    uint8_t modes;  /* PC_MODE_…, those that serve the usage here; all for DUKPT */
    uint8_t alg;    /* the one PC_MAC_… it may serve, 0 for all */
} pc_tr31_key_t;

/* Open `block`, `size` ASCII characters, under the protection key `kbpk` of cipher `kind`.
 * 0, or invalid `block`: length, characters, version, another cipher's version, not authentic; in an authentic block a
 * usage, algorithm or mode not offered, or a key of another length than the algorithm's; then `*key` is wiped. Nothing
 * of the key is looked at before the authenticator has matched. The caller burns the stack. */
int pc_tr31_open(int kind, const uint8_t *kbpk, size_t kbpk_size, const uint8_t *block, size_t size,
                 pc_tr31_key_t *key);

#endif
