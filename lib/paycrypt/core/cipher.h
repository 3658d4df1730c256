/* One face for the block ciphers, for the modes above them. Another cipher is another row in cipher.c. */
#ifndef PC_CIPHER_H
#define PC_CIPHER_H

#include <stddef.h>
#include <stdint.h>

#include "aes.h"
#include "des.h"

#define PC_CIPHER_DES 1 /* 8, 16 or 24 bytes: DES, triple DES */
#define PC_CIPHER_AES 2 /* 16, 24 or 32 bytes */

#define PC_BLOCK_MAX 16 /* bytes of the largest block */

/* An expanded key and its cipher; about 400 bytes, owned and wiped by the caller with pc_cipher_wipe. */
typedef struct {
    union {
        pc_des_t des;
        pc_aes_t aes;
    } key;
    uint8_t kind;  /* PC_CIPHER_DES or PC_CIPHER_AES */
    uint8_t block; /* bytes */
} pc_cipher_t;

/* 1 when `kind` takes keys of `size` bytes, else 0. */
int pc_cipher_takes(int kind, size_t size);

/* Expand a key that pc_cipher_takes has accepted. */
void pc_cipher_expand(pc_cipher_t *cipher, int kind, const uint8_t *key, size_t size);

/* Encrypt one block of cipher->block bytes; `out` may be `in`. */
void pc_cipher_encrypt(const pc_cipher_t *cipher, const uint8_t *in, uint8_t *out);

void pc_cipher_wipe(pc_cipher_t *cipher);

#endif
