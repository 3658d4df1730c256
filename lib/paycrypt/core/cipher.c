#include "cipher.h"

#include "memory.h"

int pc_cipher_takes(int kind, size_t size) {
    switch (kind) {
        case PC_CIPHER_DES:
            return size == 8 || size == 16 || size == 24;
        case PC_CIPHER_AES:
            return size == 16 || size == 24 || size == 32;
        default:
            return 0;
    }
}

void pc_cipher_expand(pc_cipher_t *cipher, int kind, const uint8_t *key, size_t size) {
    cipher->kind = (uint8_t)kind;
    if (kind == PC_CIPHER_DES) {
        cipher->block = PC_DES_BLOCK;
        pc_des_expand(&cipher->key.des, key, size);
    } else {
        cipher->block = PC_AES_BLOCK;
        pc_aes_expand(&cipher->key.aes, key, size);
    }
}

void pc_cipher_encrypt(const pc_cipher_t *cipher, const uint8_t *in, uint8_t *out) {
    if (cipher->kind == PC_CIPHER_DES) {
        pc_des_encrypt(&cipher->key.des, in, out);
    } else {
        pc_aes_encrypt(&cipher->key.aes, in, out);
    }
}

void pc_cipher_wipe(pc_cipher_t *cipher) {
    pc_memory_wipe(cipher, sizeof *cipher);
}
