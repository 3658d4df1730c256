#include "cipher.h"

#include "memory.h"

#define SIZE_BIT(size) (1u << ((size) / 8))

/* Sizes of key that a cipher takes, as bits. */
static const uint8_t key_sizes[] = {
    [PC_CIPHER_DES] = SIZE_BIT(8) | SIZE_BIT(16) | SIZE_BIT(24),
#if PC_WITH_AES
    [PC_CIPHER_AES] = SIZE_BIT(16) | SIZE_BIT(24) | SIZE_BIT(32),
#endif
#if PC_WITH_SM4
    [PC_CIPHER_SM4] = SIZE_BIT(16),
#endif
};

int pc_cipher_takes(int kind, size_t size) {
    return kind >= PC_CIPHER_DES && kind < (int)sizeof key_sizes && size % 8 == 0 && size <= PC_KEY_MAX &&
           (key_sizes[kind] & SIZE_BIT(size)) != 0;
}

size_t pc_cipher_block(int kind) {
    return kind == PC_CIPHER_DES ? PC_DES_BLOCK : PC_BLOCK_MAX;
}

void pc_cipher_expand(pc_cipher_t *cipher, int kind, const uint8_t *key, size_t size) {
    cipher->kind = (uint8_t)kind;
    cipher->block = (uint8_t)pc_cipher_block(kind);
    switch (kind) {
#if PC_WITH_AES
        case PC_CIPHER_AES:
            pc_aes_expand(&cipher->key.aes, key, size);
            break;
#endif
#if PC_WITH_SM4
        case PC_CIPHER_SM4:
            pc_sm4_expand(&cipher->key.sm4, key);
            break;
#endif
        default:
            pc_des_expand(&cipher->key.des, key, size);
            break;
    }
}

void pc_cipher_encrypt(const pc_cipher_t *cipher, const uint8_t *in, uint8_t *out) {
    switch (cipher->kind) {
#if PC_WITH_AES
        case PC_CIPHER_AES:
            pc_aes_encrypt(&cipher->key.aes, in, out);
            break;
#endif
#if PC_WITH_SM4
        case PC_CIPHER_SM4:
            pc_sm4_encrypt(&cipher->key.sm4, in, out);
            break;
#endif
        default:
            pc_des_encrypt(&cipher->key.des, in, out);
            break;
    }
}

void pc_cipher_decrypt(const pc_cipher_t *cipher, const uint8_t *in, uint8_t *out) {
    switch (cipher->kind) {
#if PC_WITH_AES
        case PC_CIPHER_AES:
            pc_aes_decrypt(&cipher->key.aes, in, out);
            break;
#endif
#if PC_WITH_SM4
        case PC_CIPHER_SM4:
            pc_sm4_decrypt(&cipher->key.sm4, in, out);
            break;
#endif
        default:
            pc_des_decrypt(&cipher->key.des, in, out);
            break;
    }
}

void pc_cipher_decrypt_text(const pc_cipher_t *cipher, const uint8_t *iv, uint8_t *text, size_t size) {
    uint8_t chain[PC_BLOCK_MAX];
    uint8_t next[PC_BLOCK_MAX];
    pc_memory_wipe(chain, sizeof chain);
    if (iv) {
        pc_memory_copy(chain, iv, cipher->block);
    }
    for (size_t done = 0; done < size; done += cipher->block) {
        pc_memory_copy(next, text + done, cipher->block);
        pc_cipher_decrypt(cipher, text + done, text + done);
        pc_memory_xor(text + done, chain, cipher->block);
        if (iv) {
            pc_memory_copy(chain, next, cipher->block);
        }
    }
}

void pc_cipher_wipe(pc_cipher_t *cipher) {
    pc_memory_wipe(cipher, sizeof *cipher);
}
