#include "selftest.h"

#include "config.h"

#if PC_WITH_ALL
#include "cipher.h"
#include "mac.h"
#include "memory.h"
#include "pinblock.h"
#include "status.h"
#if PC_WITH_DUKPT
#include "dukpt.h"
#endif
#if PC_WITH_SIV
#include "siv.h"
#endif
#if PC_WITH_TR31
#include "tr31.h"
#endif

/* 01 23 … EF FE DC … 10: key of ISO/IEC 9797-1 annex B, of GB/T 32907 annex A.1 and its text. */
static const uint8_t key_up_down[16] = {
    0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0xfe, 0xdc, 0xba, 0x98, 0x76, 0x54, 0x32, 0x10,
};
/* 00 01 … 1F: keys of FIPS 197 appendix C. */
static const uint8_t key_counting[32] = {
    0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
    16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
};
/* 00 11 … FF: text of FIPS 197 appendix C. */
static const uint8_t text_doubled[16] = {
    0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff,
};
/* Text of FIPS 81 and of ISO/IEC 9797-1 annex B. */
static const uint8_t text_now[24] = {
    'N', 'o', 'w', ' ', 'i', 's', ' ', 't', 'h', 'e', ' ', 't', 'i', 'm', 'e', ' ', 'f', 'o', 'r', ' ', 'a', 'l', 'l', ' ',
};

/* One block there and back. */
struct block_test {
    uint8_t algorithm;
    uint8_t cipher;
    uint8_t size;
    const uint8_t *key;
    const uint8_t *text;
    uint8_t answer[16];
};

static const struct block_test block_tests[] = {
    /* FIPS 81 table B1 */
    {PC_TEST_DES, PC_CIPHER_DES, 8, key_up_down, text_now, {0x3f, 0xa4, 0x0e, 0x8a, 0x98, 0x4d, 0x48, 0x15}},
    /* computed with OpenSSL */
    {PC_TEST_TDES, PC_CIPHER_DES, 16, key_up_down, text_now, {0xd8, 0x0a, 0x0d, 0x8b, 0x2b, 0xae, 0x5e, 0x4e}},
#if PC_WITH_AES
    /* FIPS 197 appendix C.1 and C.3 */
    {PC_TEST_AES, PC_CIPHER_AES, 16, key_counting, text_doubled,
     {0x69, 0xc4, 0xe0, 0xd8, 0x6a, 0x7b, 0x04, 0x30, 0xd8, 0xcd, 0xb7, 0x80, 0x70, 0xb4, 0xc5, 0x5a}},
    {PC_TEST_AES, PC_CIPHER_AES, 32, key_counting, text_doubled,
     {0x8e, 0xa2, 0xb7, 0xca, 0x51, 0x67, 0x45, 0xbf, 0xea, 0xfc, 0x49, 0x90, 0x4b, 0x49, 0x60, 0x89}},
#endif
#if PC_WITH_SM4
    /* GB/T 32907-2016 annex A.1 */
    {PC_TEST_SM4, PC_CIPHER_SM4, 16, key_up_down, key_up_down,
     {0x68, 0x1e, 0xdf, 0x34, 0xd2, 0x06, 0x96, 0x5e, 0x86, 0xb3, 0xe9, 0x4f, 0x53, 0x6e, 0x42, 0x46}},
#endif
};

static int test_blocks(void) {
    for (unsigned i = 0; i < sizeof block_tests / sizeof block_tests[0]; i++) {
        const struct block_test *const test = &block_tests[i];
        pc_cipher_t cipher;
        uint8_t block[PC_BLOCK_MAX];
        pc_cipher_expand(&cipher, test->cipher, test->key, test->size);
        pc_cipher_encrypt(&cipher, test->text, block);
        int good = pc_memory_equal(block, test->answer, PC_CIPHER_BLOCK(&cipher));
        pc_cipher_decrypt(&cipher, block, block);
        good &= pc_memory_equal(block, test->text, PC_CIPHER_BLOCK(&cipher));
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
    const uint8_t *key;
    const uint8_t *data;
    uint8_t answer[16];
    uint8_t answer_size;
};

/* the XORed blocks of a captured sale and its key */
static const uint8_t unionpay_text[8] = {0x86, 0x69, 0x01, 0x27, 0x22, 0xf2, 0x17, 0xc6};
static const uint8_t unionpay_key[8] = {0xda, 0xb3, 0x61, 0x67, 0xe6, 0xdf, 0xb5, 0xef};

#if PC_WITH_CMAC
/* SP 800-38B appendix D.1, example 3 */
static const uint8_t cmac_key[16] = {
    0x2b, 0x7e, 0x15, 0x16, 0x28, 0xae, 0xd2, 0xa6, 0xab, 0xf7, 0x15, 0x88, 0x09, 0xcf, 0x4f, 0x3c,
};
static const uint8_t cmac_text[40] = {
    0x6b, 0xc1, 0xbe, 0xe2, 0x2e, 0x40, 0x9f, 0x96, 0xe9, 0x3d, 0x7e, 0x11, 0x73, 0x93, 0x17, 0x2a, 0xae, 0x2d, 0x8a, 0x57,
    0x1e, 0x03, 0xac, 0x9c, 0x9e, 0xb7, 0x6f, 0xac, 0x45, 0xaf, 0x8e, 0x51, 0x30, 0xc8, 0x1c, 0x46, 0xa3, 0x5c, 0xe4, 0x11,
};

#endif

static const struct mac_test mac_tests[] = {
#if PC_WITH_CMAC
    {PC_TEST_CMAC, PC_MAC_CMAC, PC_CIPHER_AES, 16, 40, cmac_key, cmac_text,
     {0xdf, 0xa6, 0x67, 0x47, 0xde, 0x9a, 0xe6, 0x30, 0x30, 0xca, 0x32, 0x61, 0x14, 0x97, 0xc8, 0x27}, 16},
#endif
    /* ISO/IEC 9797-1 annex B.2 and B.4 */
    {PC_TEST_CBC, PC_MAC_CBC, PC_CIPHER_DES, 8, 24, key_up_down, text_now,
     {0x70, 0xa3, 0x06, 0x40, 0xcc, 0x76, 0xdd, 0x8b}, 8},
    {PC_TEST_X919, PC_MAC_X919, PC_CIPHER_DES, 16, 24, key_up_down, text_now,
     {0xa1, 0xc7, 0x2e, 0x74, 0xea, 0x3f, 0xa9, 0xb6}, 8},
    {PC_TEST_UNIONPAY, PC_MAC_ECB_UNIONPAY, PC_CIPHER_DES, 8, 8, unionpay_key, unionpay_text,
     {'E', '5', '8', '0', '5', 'E', 'C', 'B'}, 8},
#if PC_WITH_SM4
    /* computed with OpenSSL */
    {PC_TEST_UNIONPAY, PC_MAC_ECB_UNIONPAY, PC_CIPHER_SM4, 16, 16, key_up_down, text_doubled,
     {'B', '7', 'E', '6', 'F', '0', 'A', 'F'}, 8},
#endif
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

#if PC_WITH_SIV
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
#endif

static const uint8_t digits[18] = {
    '1', '2', '3', '4', '5', '6', '7', '8', '9', '0', '1', '2', '3', '4', '5', '6', '7', '8',
};

static int test_pinblock(void) {
    static const uint8_t fill[8] = {0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17};
    /* a published example of format 0: PIN 123456, PAN 123456789012345678 */
    static const uint8_t answer[8] = {0x06, 0x12, 0x53, 0xdf, 0xfe, 0xdc, 0xba, 0x98};
    static const pc_pin_t pin = {digits, 6, digits, sizeof digits, fill};
    uint8_t block[8];
    int good = pc_pinblock_encode(0, &pin, block, sizeof block) == PC_OK;
    good &= pc_memory_equal(block, answer, sizeof answer);
#if PC_WITH_FORMATS
    /* the layouts of ISO 9564-1, with the fill 10 11 12 … */
    static const uint8_t answer_1[8] = {0x16, 0x12, 0x34, 0x56, 0x11, 0x12, 0x13, 0x14};
    static const uint8_t answer_4[32] = {
        0x46, 0x12, 0x34, 0x56, 0xaa, 0xaa, 0xaa, 0xaa, 0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17,
        0x61, 0x23, 0x45, 0x67, 0x89, 0x01, 0x23, 0x45, 0x67, 0x80, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    };
    uint8_t fields[32];
    good &= pc_pinblock_encode(1, &pin, block, sizeof block) == PC_OK;
    good &= pc_memory_equal(block, answer_1, sizeof answer_1);
    good &= pc_pinblock_encode_format4(&pin, fields, fields + 16) == PC_OK;
    good &= pc_memory_equal(fields, answer_4, sizeof answer_4);
#endif
    return good ? PC_OK : -PC_TEST_PINBLOCK;
}

#if PC_WITH_TR31
/* TR 31-2018 appendix A: a PIN key in a block of version A, another in one of version D */
static const uint8_t kbpk_a[16] = {
    0x89, 0xe8, 0x8c, 0xf7, 0x93, 0x14, 0x44, 0xf3, 0x34, 0xbd, 0x75, 0x47, 0xfc, 0x3f, 0x38, 0x0c,
};
static const uint8_t kbpk_d[32] = {
    0x88, 0xe1, 0xab, 0x2a, 0x2e, 0x3d, 0xd3, 0x8c, 0x1f, 0xa0, 0x39, 0xa5, 0x36, 0x50, 0x0c, 0xc8,
    0xa8, 0x7a, 0xb9, 0xd6, 0x2d, 0xc9, 0x2c, 0x01, 0x05, 0x8f, 0xa7, 0x9f, 0x44, 0x65, 0x7d, 0xe6,
};
static const uint8_t key_a[16] = {
    0xf0, 0x39, 0x12, 0x1b, 0xec, 0x83, 0xd2, 0x6b, 0x16, 0x9b, 0xdc, 0xd5, 0xb2, 0x2a, 0xaf, 0x8f,
};
static const uint8_t key_d[16] = {
    0x3f, 0x41, 0x9e, 0x1c, 0xb7, 0x07, 0x94, 0x42, 0xaa, 0x37, 0x47, 0x4c, 0x2e, 0xfb, 0xf8, 0xb8,
};
static const char block_a[] = "A0072P0TE00E0000F5161ED902807AF26F1D62263644BD24192FDB3193C730301CEE8701";
static const char block_d[] = "D0112P0AE00E0000B82679114F470F540165EDFBF7E250FCEA43F810D215F8D2"
                              "07E2E417C07156A27E8E31DA05F7425509593D03A457DC34";

static int test_tr31(void) {
    pc_tr31_key_t key;
    int good = pc_tr31_open(PC_CIPHER_DES, kbpk_a, sizeof kbpk_a, (const uint8_t *)block_a, sizeof block_a - 1, &key) == PC_OK;
    good = good && key.size == sizeof key_a && pc_memory_equal(key.key, key_a, sizeof key_a);
    good = good &&
           pc_tr31_open(PC_CIPHER_AES, kbpk_d, sizeof kbpk_d, (const uint8_t *)block_d, sizeof block_d - 1, &key) == PC_OK;
    good = good && key.size == sizeof key_d && pc_memory_equal(key.key, key_d, sizeof key_d);
    return good ? PC_OK : -PC_TEST_TR31;
}
#endif

#if PC_WITH_DUKPT
/* ANSI X9.24-1:2009 annex A.4: initial key, serial number FFFF9876543210E00001, transaction key */
static const uint8_t des_ksn[PC_DUKPT_KSN_MAX] = {0xff, 0xff, 0x98, 0x76, 0x54, 0x32, 0x10, 0xe0};
static const uint8_t des_initial[16] = {
    0x6a, 0xc2, 0x92, 0xfa, 0xa1, 0x31, 0x5b, 0x4d, 0x85, 0x8a, 0xb3, 0xa3, 0xd7, 0xd5, 0x93, 0x3a,
};
static const uint8_t des_first[16] = {
    0x04, 0x26, 0x66, 0xb4, 0x91, 0x84, 0xcf, 0xa3, 0x68, 0xde, 0x96, 0x28, 0xd0, 0x39, 0x7b, 0xc9,
};
/* ANSI X9.24-3:2017 vectors: initial key, identification, PIN key of counter 1 */
static const uint8_t aes_ksn[PC_DUKPT_KSN_MAX] = {0x12, 0x34, 0x56, 0x78, 0x90, 0x12, 0x34, 0x56};
static const uint8_t aes_initial[16] = {
    0x12, 0x73, 0x67, 0x1e, 0xa2, 0x6a, 0xc2, 0x9a, 0xfa, 0x4d, 0x10, 0x84, 0x12, 0x76, 0x52, 0xa1,
};
static const uint8_t aes_first_pin[16] = {
    0xaf, 0x8c, 0xb1, 0x33, 0xa7, 0x8f, 0x8d, 0xc2, 0xd1, 0x35, 0x9f, 0x18, 0x52, 0x75, 0x93, 0xfb,
};

static int test_dukpt(void) {
    uint8_t key[16];
    pc_dukpt_des_child(des_ksn, 1, des_initial, key);
    if (!pc_memory_equal(key, des_first, sizeof key)) {
        return -PC_TEST_DUKPT_DES;
    }
    pc_dukpt_aes_child(aes_ksn, 1, aes_initial, sizeof aes_initial, key);
    pc_dukpt_aes_working(aes_ksn, 1, key, sizeof key, PC_DUKPT_PIN, PC_CIPHER_AES, sizeof key, key);
    return pc_memory_equal(key, aes_first_pin, sizeof key) ? PC_OK : -PC_TEST_DUKPT_AES;
}
#endif

int pc_selftest_run(pc_health_t *health) {
    /* calls, not a table of them: pointers in a table would need relocation in a native module */
    int status = test_blocks();
    status = status ? status : test_macs();
#if PC_WITH_SIV
    status = status ? status : test_siv();
#endif
    status = status ? status : test_pinblock();
#if PC_WITH_TR31
    status = status ? status : test_tr31();
#endif
#if PC_WITH_DUKPT
    status = status ? status : test_dukpt();
#endif
    if (health->status >= 0) {
        health->status = status;
    }
    return health->status;
}
#endif
