#include "selftest.h"

#include "cipher.h"
#include "mac.h"
#include "memory.h"
#include "pinblock.h"
#include "siv.h"
#include "status.h"


/* The text of FIPS 81 and of ISO/IEC 9797-1 annex B. */
static const uint8_t des_text[24] = {
    'N', 'o', 'w', ' ', 'i', 's', ' ', 't', 'h', 'e', ' ', 't', 'i', 'm', 'e', ' ', 'f', 'o', 'r', ' ', 'a', 'l', 'l', ' ',
};

/* One block there, and back again where the cipher decrypts. */
struct block_test {
    uint8_t algorithm;
    uint8_t cipher;
    uint8_t size;
    uint8_t key[16];
    uint8_t text[16];
    uint8_t answer[16];
};

static const struct block_test block_tests[] = {
    /* FIPS 81 table B1 */
    {PC_TEST_DES, PC_CIPHER_DES, 8, {0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef},
     {'N', 'o', 'w', ' ', 'i', 's', ' ', 't'}, {0x3f, 0xa4, 0x0e, 0x8a, 0x98, 0x4d, 0x48, 0x15}},
    /* computed with OpenSSL */
    {PC_TEST_TDES, PC_CIPHER_DES, 16,
     {0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0xfe, 0xdc, 0xba, 0x98, 0x76, 0x54, 0x32, 0x10},
     {'N', 'o', 'w', ' ', 'i', 's', ' ', 't'}, {0xd8, 0x0a, 0x0d, 0x8b, 0x2b, 0xae, 0x5e, 0x4e}},
    /* FIPS 197 appendix C.1 */
    {PC_TEST_AES, PC_CIPHER_AES, 16, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
     {0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff},
     {0x69, 0xc4, 0xe0, 0xd8, 0x6a, 0x7b, 0x04, 0x30, 0xd8, 0xcd, 0xb7, 0x80, 0x70, 0xb4, 0xc5, 0x5a}},
};

static int test_blocks(void) {
    for (unsigned i = 0; i < sizeof block_tests / sizeof block_tests[0]; i++) {
        const struct block_test *const test = &block_tests[i];
        pc_cipher_t cipher;
        uint8_t block[PC_BLOCK_MAX];
        pc_cipher_expand(&cipher, test->cipher, test->key, test->size);
        pc_cipher_encrypt(&cipher, test->text, block);
        int good = pc_memory_equal(block, test->answer, cipher.block);
        if (test->cipher == PC_CIPHER_DES) {
            pc_des_decrypt(&cipher.key.des, block, block);
            good &= pc_memory_equal(block, test->text, PC_DES_BLOCK);
        }
        if (!good) {
            return -test->algorithm;
        }
    }
    return PC_OK;
}

struct mac_test {
    uint8_t algorithm;
    uint8_t alg;
    uint8_t cipher;
    uint8_t key_size;
    uint8_t size;
    uint8_t answer_size;
    uint8_t key[16];
    uint8_t answer[16];
    const uint8_t *data;
};

/* SP 800-38B appendix D.1, example 3 */
static const uint8_t cmac_text[40] = {
    0x6b, 0xc1, 0xbe, 0xe2, 0x2e, 0x40, 0x9f, 0x96, 0xe9, 0x3d, 0x7e, 0x11, 0x73, 0x93, 0x17, 0x2a, 0xae, 0x2d, 0x8a, 0x57,
    0x1e, 0x03, 0xac, 0x9c, 0x9e, 0xb7, 0x6f, 0xac, 0x45, 0xaf, 0x8e, 0x51, 0x30, 0xc8, 0x1c, 0x46, 0xa3, 0x5c, 0xe4, 0x11,
};

/* the XORed blocks of a captured sale */
static const uint8_t unionpay_text[8] = {0x86, 0x69, 0x01, 0x27, 0x22, 0xf2, 0x17, 0xc6};

static const struct mac_test mac_tests[] = {
    {PC_TEST_CMAC, PC_MAC_CMAC, PC_CIPHER_AES, 16, 40, 16,
     {0x2b, 0x7e, 0x15, 0x16, 0x28, 0xae, 0xd2, 0xa6, 0xab, 0xf7, 0x15, 0x88, 0x09, 0xcf, 0x4f, 0x3c},
     {0xdf, 0xa6, 0x67, 0x47, 0xde, 0x9a, 0xe6, 0x30, 0x30, 0xca, 0x32, 0x61, 0x14, 0x97, 0xc8, 0x27}, cmac_text},
    /* ISO/IEC 9797-1 annex B.4 */
    {PC_TEST_X919, PC_MAC_X919, PC_CIPHER_DES, 16, 24, 8,
     {0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0xfe, 0xdc, 0xba, 0x98, 0x76, 0x54, 0x32, 0x10},
     {0xa1, 0xc7, 0x2e, 0x74, 0xea, 0x3f, 0xa9, 0xb6}, des_text},
    {PC_TEST_UNIONPAY, PC_MAC_ECB_UNIONPAY, PC_CIPHER_DES, 8, 8, 8,
     {0xda, 0xb3, 0x61, 0x67, 0xe6, 0xdf, 0xb5, 0xef}, {'E', '5', '8', '0', '5', 'E', 'C', 'B'}, unionpay_text},
};

static int test_macs(void) {
    for (unsigned i = 0; i < sizeof mac_tests / sizeof mac_tests[0]; i++) {
        const struct mac_test *const test = &mac_tests[i];
        pc_cipher_t cipher;
        pc_mac_t mac;
        uint8_t code[PC_BLOCK_MAX];
        pc_cipher_expand(&cipher, test->cipher, test->key, test->key_size);
        if (pc_mac_start(&mac, test->alg, PC_PAD_ZEROS, test->cipher, test->key_size)) {
            return -test->algorithm;
        }
        pc_mac_update(&mac, &cipher, test->data, test->size);
        if (pc_mac_finish(&mac, &cipher, code) != test->answer_size ||
            !pc_memory_equal(code, test->answer, test->answer_size)) {
            return -test->algorithm;
        }
    }
    return PC_OK;
}

/* RFC 5297 appendix A.1 */
static const uint8_t siv_key[PC_SIV_KEY] = {
    0xff, 0xfe, 0xfd, 0xfc, 0xfb, 0xfa, 0xf9, 0xf8, 0xf7, 0xf6, 0xf5, 0xf4, 0xf3, 0xf2, 0xf1, 0xf0,
    0xf0, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8, 0xf9, 0xfa, 0xfb, 0xfc, 0xfd, 0xfe, 0xff,
};
static const uint8_t siv_aad[24] = {
    0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1a, 0x1b,
    0x1c, 0x1d, 0x1e, 0x1f, 0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27,
};
static const uint8_t siv_text[14] = {
    0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee,
};
static const uint8_t siv_answer[30] = {
    0x85, 0x63, 0x2d, 0x07, 0xc6, 0xe8, 0xf3, 0x7f, 0x95, 0x0a, 0xcd, 0x32, 0x0a, 0x2e, 0xcc,
    0x93, 0x40, 0xc0, 0x2b, 0x96, 0x90, 0xc4, 0xdc, 0x04, 0xda, 0xef, 0x7f, 0x6a, 0xfe, 0x5c,
};

static int test_siv(void) {
    uint8_t out[sizeof siv_answer];
    pc_memory_copy(out + PC_SIV_TAG, siv_text, sizeof siv_text);
    pc_siv_encrypt(siv_key, siv_aad, sizeof siv_aad, out + PC_SIV_TAG, sizeof siv_text, out);
    int good = pc_memory_equal(out, siv_answer, sizeof siv_answer);
    good &= pc_siv_decrypt(siv_key, siv_aad, sizeof siv_aad, out + PC_SIV_TAG, sizeof siv_text, out);
    good &= pc_memory_equal(out + PC_SIV_TAG, siv_text, sizeof siv_text);
    out[0] ^= 1;
    good &= !pc_siv_decrypt(siv_key, siv_aad, sizeof siv_aad, out + PC_SIV_TAG, sizeof siv_text, out);
    return good ? PC_OK : -PC_TEST_SIV;
}

static int test_pinblock(void) {
    static const uint8_t pin[6] = {'1', '2', '3', '4', '5', '6'};
    static const uint8_t pan[18] = {
        '1', '2', '3', '4', '5', '6', '7', '8', '9', '0', '1', '2', '3', '4', '5', '6', '7', '8',
    };
    static const uint8_t answer[8] = {0x06, 0x12, 0x53, 0xdf, 0xfe, 0xdc, 0xba, 0x98};
    uint8_t block[8];
    const int status = pc_pinblock_encode_format0(pin, sizeof pin, pan, sizeof pan, block);
    return status == PC_OK && pc_memory_equal(block, answer, sizeof answer) ? PC_OK : -PC_TEST_PINBLOCK;
}

int pc_selftest_run(void) {
    static int (*const tests[])(void) = {test_blocks, test_macs, test_siv, test_pinblock};
    for (unsigned i = 0; i < sizeof tests / sizeof tests[0]; i++) {
        const int status = tests[i]();
        if (status) {
            return status;
        }
    }
    return PC_OK;
}
