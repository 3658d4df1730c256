#include "cipher.h"

#include "memory.h"

#if PC_ONLY_DES
int pc_cipher_takes(int kind, size_t size) {
    return kind == PC_CIPHER_DES && (size == 8 || size == 16 || size == 24);
}

void pc_cipher_expand(pc_cipher_t *cipher, int kind, const uint8_t *key, size_t size) {
    (void)kind;
    pc_des_expand(&cipher->key.des, key, size);
}

void pc_cipher_encrypt(const pc_cipher_t *cipher, const uint8_t *in, uint8_t *out) {
    pc_des_encrypt(&cipher->key.des, in, out);
}

void pc_cipher_decrypt(const pc_cipher_t *cipher, const uint8_t *in, uint8_t *out) {
    pc_des_decrypt(&cipher->key.des, in, out);
}
#else
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
#endif

/* From the last block to the first: then the one before it is still as it came. */
void pc_cipher_decrypt_text(const pc_cipher_t *cipher, const uint8_t *iv, uint8_t *text, size_t size) {
    const size_t block = PC_CIPHER_BLOCK(cipher);
    while (size) {
        size -= block;
        pc_cipher_decrypt(cipher, text + size, text + size);
        if (iv) {
            pc_memory_xor(text + size, size ? text + size - block : iv, block);
        }
    }
}

void pc_cipher_wipe(pc_cipher_t *cipher) {
    pc_memory_wipe(cipher, sizeof *cipher);
}
