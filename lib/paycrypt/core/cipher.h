/* One face for the block ciphers, for the modes above them. Another cipher is another row in cipher.c. */
#ifndef PC_CIPHER_H
#define PC_CIPHER_H

#include <stddef.h>
#include <stdint.h>

#include "config.h"
#include "des.h"
#if PC_WITH_AES
#include "aes.h"
#endif
#if PC_WITH_SM4
#include "sm4.h"
#endif

#define PC_CIPHER_DES 1 /* 8, 16 or 24 bytes: DES, triple DES */
#define PC_CIPHER_AES 2 /* 16, 24 or 32 bytes */
#define PC_CIPHER_SM4 3 /* 16 bytes */

#define PC_ONLY_DES (!PC_WITH_AES && !PC_WITH_SM4)

#define PC_BLOCK_MAX (PC_ONLY_DES ? 8 : 16) /* bytes of the largest block */
#define PC_KEY_MAX (PC_ONLY_DES ? 24 : 32)  /* bytes of the longest key */

/* An expanded key and its cipher; at most 296 bytes, owned and wiped by the caller with pc_cipher_wipe. */
typedef struct {
    union {
        pc_des_t des;
#if PC_WITH_AES
        pc_aes_t aes;
#endif
#if PC_WITH_SM4
        pc_sm4_t sm4;
#endif
    } key;
#if !PC_ONLY_DES
    uint8_t kind;  /* PC_CIPHER_… */
    uint8_t block; /* bytes: 8 or 16 */
#endif
} pc_cipher_t;

/* Bytes of a block of an expanded key. */
#if PC_ONLY_DES
#define PC_CIPHER_BLOCK(cipher) ((size_t)PC_DES_BLOCK)
#else
#define PC_CIPHER_BLOCK(cipher) ((size_t)(cipher)->block)
#endif

/* 1 when `kind` is a cipher of this build and takes keys of `size` bytes, else 0. */
int pc_cipher_takes(int kind, size_t size);

/* Bytes of a block of `kind`: 8 or 16. */
static inline size_t pc_cipher_block(int kind) {
    return PC_ONLY_DES || kind == PC_CIPHER_DES ? 8 : 16;
}

/* Expand a key that pc_cipher_takes has accepted. */
void pc_cipher_expand(pc_cipher_t *cipher, int kind, const uint8_t *key, size_t size);

/* Encrypt or decrypt one block; `out` may be `in`. */
void pc_cipher_encrypt(const pc_cipher_t *cipher, const uint8_t *in, uint8_t *out);
void pc_cipher_decrypt(const pc_cipher_t *cipher, const uint8_t *in, uint8_t *out);

/* Decrypt `size` bytes, a multiple of the block, in place: in CBC mode from `iv` (one block), in ECB mode when it is 0. */
void pc_cipher_decrypt_text(const pc_cipher_t *cipher, const uint8_t *iv, uint8_t *text, size_t size);

void pc_cipher_wipe(pc_cipher_t *cipher);

#endif
