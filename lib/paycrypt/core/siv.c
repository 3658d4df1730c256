#include "config.h"

#if PC_WITH_SIV
#include "siv.h"

#include "cipher.h"
#include "mac.h"
#include "memory.h"

static void cmac(const pc_cipher_t *cipher, const uint8_t *data, size_t size, uint8_t out[16]) {
    (void)pc_mac_whole(PC_MAC_CMAC, PC_PAD_ZEROS, cipher, data, size, out);
}

/* S2V of RFC 5297 section 2.4 with one string of associated data. */
static void synthetic_iv(pc_cipher_t *cipher, const uint8_t key[PC_SIV_KEY], const uint8_t *aad, size_t aad_size,
                         const uint8_t *text, size_t size, uint8_t tag[PC_SIV_TAG]) {
    uint8_t chain[PC_AES_BLOCK];
    uint8_t block[PC_AES_BLOCK];
    pc_mac_t mac;
    pc_memory_wipe(chain, sizeof chain);
    pc_cipher_expand(cipher, PC_CIPHER_AES, key, 16);
    cmac(cipher, chain, sizeof chain, chain);
    pc_mac_double(chain, sizeof chain);
    cmac(cipher, aad, aad_size, block);
    pc_memory_xor(chain, block, sizeof chain);
    (void)pc_mac_start(&mac, PC_MAC_CMAC, PC_PAD_ZEROS, PC_CIPHER_AES, 16);
    if (size >= PC_AES_BLOCK) {
        pc_memory_xor(chain, text + size - PC_AES_BLOCK, PC_AES_BLOCK);
        pc_mac_update(&mac, cipher, text, size - PC_AES_BLOCK);
    } else {
        pc_mac_double(chain, sizeof chain);
        pc_memory_xor(chain, text, size);
        chain[size] ^= 0x80;
    }
    pc_mac_update(&mac, cipher, chain, sizeof chain);
    (void)pc_mac_finish(&mac, cipher, tag);
}

/* CTR mode of RFC 5297 section 2.5: the counter starts at the IV with bits 31 and 63 cleared. */
static void crypt_counter(pc_cipher_t *cipher, const uint8_t key[PC_SIV_KEY], const uint8_t tag[PC_SIV_TAG],
                          uint8_t *text, size_t size) {
    uint8_t counter[PC_AES_BLOCK];
    uint8_t stream[PC_AES_BLOCK];
    pc_cipher_expand(cipher, PC_CIPHER_AES, key + 16, 16);
    pc_memory_copy(counter, tag, sizeof counter);
    counter[8] &= 0x7f;
    counter[12] &= 0x7f;
    for (size_t done = 0; done < size; done += PC_AES_BLOCK) {
        const size_t part = size - done < PC_AES_BLOCK ? size - done : PC_AES_BLOCK;
        pc_cipher_encrypt(cipher, counter, stream);
        pc_memory_xor(text + done, stream, part);
        uint32_t carry = 1;
        for (size_t i = PC_AES_BLOCK; i-- > 0;) {
            carry += counter[i];
            counter[i] = (uint8_t)carry;
            carry >>= 8;
        }
    }
}

PC_APART void pc_siv_encrypt(const uint8_t key[PC_SIV_KEY], const uint8_t *aad, size_t aad_size, uint8_t *text, size_t size,
                    uint8_t tag[PC_SIV_TAG]) {
    pc_cipher_t cipher;
    synthetic_iv(&cipher, key, aad, aad_size, text, size, tag);
    crypt_counter(&cipher, key, tag, text, size);
}

PC_APART int pc_siv_decrypt(const uint8_t key[PC_SIV_KEY], const uint8_t *aad, size_t aad_size, uint8_t *text, size_t size,
                   const uint8_t tag[PC_SIV_TAG]) {
    pc_cipher_t cipher;
    uint8_t expected[PC_SIV_TAG];
    crypt_counter(&cipher, key, tag, text, size);
    synthetic_iv(&cipher, key, aad, aad_size, text, size, expected);
    const int authentic = pc_memory_public(pc_memory_equal(expected, tag, PC_SIV_TAG));
    if (!authentic) {
        pc_memory_wipe(text, size);
    }
    return authentic;
}
#endif
