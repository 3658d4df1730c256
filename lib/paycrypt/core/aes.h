/* AES (FIPS 197) with keys of 128, 192 or 256 bits, bitsliced and in constant time.
 *
 * Word j of the state holds bit j of all sixteen bytes; byte i of the block is bit i of each word. SubBytes is then
 * one small circuit for the whole block (circuits.py). CMAC, CTR, SIV and PIN block format 4 need no decryption. */
#ifndef PC_AES_H
#define PC_AES_H

#include <stddef.h>
#include <stdint.h>

#define PC_AES_BLOCK 16 /* bytes */

/* An expanded key; owned by the caller and wiped by the caller. */
typedef struct {
    uint16_t round_keys[15][8]; /* one plane of sixteen bits for each bit of a byte */
    uint8_t rounds;             /* 10, 12 or 14 */
} pc_aes_t;

/* Expand a key of 16, 24 or 32 bytes. The caller has checked `size`. */
void pc_aes_expand(pc_aes_t *aes, const uint8_t *key, size_t size);

/* Encrypt or decrypt one block; `out` may be `in`. */
void pc_aes_encrypt(const pc_aes_t *aes, const uint8_t in[PC_AES_BLOCK], uint8_t out[PC_AES_BLOCK]);
void pc_aes_decrypt(const pc_aes_t *aes, const uint8_t in[PC_AES_BLOCK], uint8_t out[PC_AES_BLOCK]);

#endif
