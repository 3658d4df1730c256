/* The self-test of the small set: one key and one text for all algorithms, and no pointers in its table, which would
 * need relocation in a native module. */
#include "selftest.h"

#include "config.h"

#if !PC_WITH_ALL
#include "mac.h"
#include "memory.h"
#include "pinblock.h"
#include "status.h"

/* Key and text of ISO/IEC 9797-1 annex B; of the key its first half where a single-length key is meant. */
static const uint8_t key[16] = {
    0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0xfe, 0xdc, 0xba, 0x98, 0x76, 0x54, 0x32, 0x10,
};
static const uint8_t text[24] = {
    'N', 'o', 'w', ' ', 'i', 's', ' ', 't', 'h', 'e', ' ', 't',
    'i', 'm', 'e', ' ', 'f', 'o', 'r', ' ', 'a', 'l', 'l', ' ',
};

static const struct {
    uint8_t algorithm;
    uint8_t key_size;
    uint8_t alg; /* PC_MAC_…; 0: the first block of the text there and back */
    uint8_t answer[8];
} tests[] = {
    /* FIPS 81 table B1 */
    {PC_TEST_DES, 8, 0, {0x3f, 0xa4, 0x0e, 0x8a, 0x98, 0x4d, 0x48, 0x15}},
    /* computed with OpenSSL */
    {PC_TEST_TDES, 16, 0, {0xd8, 0x0a, 0x0d, 0x8b, 0x2b, 0xae, 0x5e, 0x4e}},
    /* ISO/IEC 9797-1 annex B.2 and B.4 */
    {PC_TEST_CBC, 8, PC_MAC_CBC, {0x70, 0xa3, 0x06, 0x40, 0xcc, 0x76, 0xdd, 0x8b}},
    {PC_TEST_X919, 16, PC_MAC_X919, {0xa1, 0xc7, 0x2e, 0x74, 0xea, 0x3f, 0xa9, 0xb6}},
    /* computed with OpenSSL */
    {PC_TEST_UNIONPAY, 8, PC_MAC_ECB_UNIONPAY, {'1', 'E', '7', 'A', 'A', 'B', '7', '8'}},
};

/* a published example of format 0: PIN 123456, PAN 123456789012345678 */
static const uint8_t digits[18] = {
    '1', '2', '3', '4', '5', '6', '7', '8', '9', '0', '1', '2', '3', '4', '5', '6', '7', '8',
};
static const uint8_t pin_answer[8] = {0x06, 0x12, 0x53, 0xdf, 0xfe, 0xdc, 0xba, 0x98};

/* 1 when the answer of test `i` is right. */
static int test_cipher(unsigned i) {
    pc_cipher_t cipher;
    pc_mac_t mac;
    uint8_t out[PC_BLOCK_MAX];
    int good = 1;
    pc_cipher_expand(&cipher, PC_CIPHER_DES, key, tests[i].key_size);
    if (tests[i].alg == 0) {
        pc_cipher_encrypt(&cipher, text, out);
        pc_cipher_decrypt(&cipher, out, (uint8_t *)mac.chain);
        good = pc_memory_equal((const uint8_t *)mac.chain, text, sizeof out);
    } else {
        if (pc_mac_start(&mac, tests[i].alg, PC_PAD_ZEROS, PC_CIPHER_DES, tests[i].key_size)) {
            return 0;
        }
        pc_mac_update(&mac, &cipher, text, sizeof text);
        (void)pc_mac_finish(&mac, &cipher, out);
    }
    return good & pc_memory_equal(out, tests[i].answer, sizeof out);
}

static int test_pinblock(void) {
    pc_pin_t pin;
    uint8_t block[PC_BLOCK_MAX];
    pin.pin = pin.pan = digits; /* one by one: as a whole it would be copied from a table with pointers */
    pin.pin_size = 6;
    pin.pan_size = sizeof digits;
    pin.fill = 0;
    return pc_pinblock_encode(0, &pin, block, sizeof block) == PC_OK &&
           pc_memory_equal(block, pin_answer, sizeof block);
}

int pc_selftest_run(pc_health_t *health) {
    int status = test_pinblock() ? PC_OK : -PC_TEST_PINBLOCK;
    for (unsigned i = sizeof tests / sizeof tests[0]; i--;) {
        status = test_cipher(i) ? status : -tests[i].algorithm;
    }
    if (health->status >= 0) {
        health->status = status;
    }
    return health->status;
}
#endif
