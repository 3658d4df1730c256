/* SM4 (GB/T 32907-2016) in constant time. The S-box is arithmetic, not a table: inversion in GF(2^8) between two affine
 * maps (circuits_aes.py). */
#ifndef PC_SM4_H
#define PC_SM4_H

#include <stdint.h>

#define PC_SM4_BLOCK 16 /* bytes */
#define PC_SM4_KEY 16   /* bytes */

/* An expanded key; owned by the caller and wiped by the caller. */
typedef struct {
    uint32_t round_keys[32];
} pc_sm4_t;

/* Expand a key of 16 bytes. */
void pc_sm4_expand(pc_sm4_t *sm4, const uint8_t key[PC_SM4_KEY]);

/* Encrypt or decrypt one block; `out` may be `in`. */
void pc_sm4_encrypt(const pc_sm4_t *sm4, const uint8_t in[PC_SM4_BLOCK], uint8_t out[PC_SM4_BLOCK]);
void pc_sm4_decrypt(const pc_sm4_t *sm4, const uint8_t in[PC_SM4_BLOCK], uint8_t out[PC_SM4_BLOCK]);

#endif
