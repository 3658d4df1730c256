/* AES (FIPS 197) with keys of 128, 192 or 256 bits, bitsliced and in constant time.
 *
 * A block is four words. Word j holds bits j and j + 4 of all sixteen bytes: bit j of the byte in row r and column c is
 * bit 8r + c of the word, bit j + 4 is bit 8r + 4 + c. SubBytes is then one small circuit for the whole block
 * (circuits_aes.py), ShiftRows moves bits inside nibbles and MixColumns turns words by whole bytes. */
#ifndef PC_AES_H
#define PC_AES_H

#include <stddef.h>
#include <stdint.h>

#define PC_AES_BLOCK 16 /* bytes */

/* An expanded key; owned by the caller and wiped by the caller. */
typedef struct {
    uint32_t round_keys[60]; /* four a round, as blocks; all but the first with the constant 63 of SubBytes added */
    uint8_t rounds;          /* 10, 12 or 14 */
} pc_aes_t;

/* Expand a key of 16, 24 or 32 bytes. The caller has checked `size`. */
void pc_aes_expand(pc_aes_t *aes, const uint8_t *key, size_t size);

/* Encrypt or decrypt one block; `out` may be `in`. */
void pc_aes_encrypt(const pc_aes_t *aes, const uint8_t in[PC_AES_BLOCK], uint8_t out[PC_AES_BLOCK]);
void pc_aes_decrypt(const pc_aes_t *aes, const uint8_t in[PC_AES_BLOCK], uint8_t out[PC_AES_BLOCK]);

#endif
