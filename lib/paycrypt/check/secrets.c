/* No branch and no address depends on a secret: keys, PINs, texts and random fill are marked as undefined memory, their values
 * being real, so that every call runs to its good end; memcheck reports each jump and each address made of them.
 *
 *   gcc -std=c99 -g -Os -DPC_MEMCHECK -I../core ../core/[all].c secrets.c
 *   valgrind --error-exitcode=9 ./a.out            all calls, with success and with failure
 *   valgrind --error-exitcode=9 ./a.out branch     shows that a branch on a key would be seen */
#include <stdio.h>
#include <string.h>

#include <valgrind/memcheck.h>

#include "check.h"
#include "host.h"
#include "keystore.h"
#include "memory.h"
#include "pinblock.h"
#include "seal.h"
#include "status.h"
#include "tr31.h"

static pc_keystore_t store;
static pc_health_t health = {PC_HEALTH_UNTESTED};

static void expect(int good, int line) {
    if (!good) {
        fprintf(stderr, "line %d: not what was expected\n", line);
        exit(1);
    }
}
#define EXPECT(good) expect((good), __LINE__)

static void hide(void *memory, size_t size) {
    VALGRIND_MAKE_MEM_UNDEFINED(memory, size);
}

/* A secret of its own. */
static uint8_t *hidden(const void *bytes, size_t size) {
    uint8_t *const copy = malloc(size);
    memcpy(copy, bytes, size);
    hide(copy, size);
    return copy;
}

static void load(int slot, int usage, int cipher, const uint8_t *key, size_t size) {
    uint8_t kcv[PC_KCV];
    uint8_t *const secret = hidden(key, size);
    EXPECT(pc_keystore_load(&store, slot, usage, cipher, PC_WITH_STRICT, secret, size, kcv) == PC_OK);
    free(secret);
}

static const size_t sizes[3][3] = {{8, 16, 24}, {16, 24, 32}, {16, 16, 16}};

static void codes(const uint8_t *key, const uint8_t *text) {
    uint8_t out[PC_BLOCK_MAX];
    size_t size;
    int equal;
    for (int cipher = PC_CIPHER_DES; cipher <= PC_CIPHER_SM4; cipher++) {
        for (int i = 0; i < 3 && pc_cipher_takes(cipher, 16); i++) {
            load(1, PC_USAGE_MAC, cipher, key, sizes[cipher - 1][i]);
            for (int alg = PC_MAC_ECB_UNIONPAY; alg <= PC_MAC_CMAC; alg++) {
                for (int pad = PC_PAD_ZEROS; pad <= PC_PAD_ONE_ZEROS; pad++) {
                    (void)pc_keystore_mac(&store, 1, alg, pad, text, 100, out, &size);
                    (void)pc_keystore_verify(&store, 1, alg, pad, text, 96, text, 8, &equal);
                }
            }
            EXPECT(pc_keystore_kcv(&store, 1, PC_KCV_LEGACY, out) == PC_OK);
            EXPECT((pc_keystore_kcv(&store, 1, PC_KCV_CMAC, out) == PC_OK) == PC_WITH_CMAC);
        }
    }
}

static void pin_blocks(const uint8_t *key) {
    static const int formats[5][2] = {{0, PC_CIPHER_DES}, {1, PC_CIPHER_DES}, {3, PC_CIPHER_DES}, {4, PC_CIPHER_AES},
                                      {0, PC_CIPHER_SM4}};
    uint8_t out[PC_BLOCK_MAX];
    size_t size;
    for (int i = 0; i < (PC_WITH_FORMATS ? 5 : 1); i++) {
        const int fmt = formats[i][0];
        load(2, PC_USAGE_PIN, formats[i][1], key, 16);
        for (int bad = 0; bad < 2; bad++) {
            uint8_t *const pin = hidden(bad ? "12a456" : "123456", 6);
            uint8_t *const pan = hidden("6225880137000001234", 19);
            uint8_t *const fill = hidden(key, PC_PINBLOCK_FILL_MAX);
            EXPECT(!pc_keystore_pin_block(&store, 2, fmt, pin, 6, pan, 19, fill, pc_pinblock_fill(fmt), out, &size) == !bad);
            free(pin);
            free(pan);
            free(fill);
        }
    }
}

static void keys_under_keys(const uint8_t *kek, const uint8_t *key) {
    uint8_t field62[40];
    uint8_t kcv[PC_KCV];
    for (int cipher = PC_CIPHER_DES; cipher <= PC_CIPHER_SM4 && pc_cipher_takes(cipher, 16); cipher++) {
        host_part(cipher, kek, key, field62);
        host_part(cipher, kek, key + 16, field62 + 20);
        load(3, PC_USAGE_KEK, cipher, kek, 16);
        EXPECT(pc_keystore_load_working(&store, 3, 4, 5, PC_WITH_STRICT, field62, 40) == PC_OK);
        memcpy(kcv, field62 + 16, PC_KCV);
        const pc_wrapped_key_t wrapped = {field62, 16, kcv, PC_KCV, 0, 0, cipher, PC_KCV_LEGACY, PC_WITH_STRICT};
        EXPECT(pc_keystore_load_under(&store, 6, PC_USAGE_MAC, 3, &wrapped) == PC_OK);
        field62[0] ^= 1;
        EXPECT(pc_keystore_load_under(&store, 6, PC_USAGE_MAC, 3, &wrapped) != PC_OK);
        EXPECT(pc_keystore_load_working(&store, 3, 4, 5, PC_WITH_STRICT, field62, 40) != PC_OK);
    }
}

#if PC_WITH_ALL
static void key_blocks(void) {
    uint8_t kcv[PC_KCV];
    for (int i = 0; i < 3; i++) {
        char block[128];
        const size_t size = strlen(host_blocks[i].block);
        memcpy(block, host_blocks[i].block, size);
        load(3, PC_USAGE_KEK, i == 2 ? PC_CIPHER_AES : PC_CIPHER_DES, host_blocks[i].kbpk, i == 2 ? 32 : 16);
        EXPECT(pc_keystore_load_block(&store, 7, 3, 1, (const uint8_t *)block, size, kcv) == PC_OK);
        block[20] = block[20] == '0' ? '1' : '0';
        EXPECT(pc_keystore_load_block(&store, 7, 3, 1, (const uint8_t *)block, size, kcv) != PC_OK);
    }
}

static void derivation(const uint8_t *key, const uint8_t *secret) {
    static pc_dukpt_t dukpt;
    static uint8_t blob[PC_SEAL_DUKPT_MAX];
    static const uint8_t ksn[12] = {0xff, 0xff, 0x98, 0x76, 0x54, 0x32, 0x10, 0xe0};
    uint8_t handed[PC_DUKPT_KSN_MAX];
    size_t size;
    for (int cipher = PC_CIPHER_DES; cipher <= PC_CIPHER_AES; cipher++) {
        load(8, PC_USAGE_DUKPT, cipher, key, 16);
        pc_dukpt_init(&dukpt);
        EXPECT(pc_keystore_dukpt_start(&store, 8, ksn, cipher == PC_CIPHER_DES ? 10 : 12, &dukpt) == PC_OK);
        for (int i = 0; i < 9; i++) {
            EXPECT(pc_dukpt_next(&dukpt, handed, &size) == PC_OK);
            for (int purpose = PC_DUKPT_PIN; purpose <= PC_DUKPT_DATA_RESPONSE; purpose++) {
                EXPECT(pc_keystore_load_derived(&store, 9, &dukpt, purpose, 0, 0) == PC_OK);
            }
        }
        EXPECT(pc_seal_dukpt(&dukpt, secret, 32, blob, &size) == PC_OK);
        VALGRIND_MAKE_MEM_DEFINED(blob, size); /* from here on it is in flash, for anybody to see */
        EXPECT(pc_seal_dukpt_restore(&dukpt, blob, size, secret, 32) == PC_OK);
        handed[size > 600 ? 11 : 9] |= 0x80;
        EXPECT(pc_dukpt_skip(&dukpt, handed, cipher == PC_CIPHER_DES ? 10 : 12) == PC_OK);
    }
}

static void blobs(const uint8_t *key, const uint8_t *secret) {
    static uint8_t blob[PC_SEAL_SIZE];
    uint8_t wrapped[PC_SIV_TAG + 40];
    uint8_t back[40];
    uint8_t *const data = hidden(key, 40);
    load(10, PC_USAGE_DATA, 0, key, 32);
    EXPECT(pc_keystore_wrap(&store, 10, data, 40, key, 7, wrapped) == PC_OK);
    VALGRIND_MAKE_MEM_DEFINED(wrapped, sizeof wrapped);
    EXPECT(pc_keystore_unwrap(&store, 10, wrapped, sizeof wrapped, key, 7, back) == PC_OK);
    wrapped[17] ^= 1;
    EXPECT(pc_keystore_unwrap(&store, 10, wrapped, sizeof wrapped, key, 7, back) != PC_OK);
    EXPECT(pc_seal_store(&store, secret, 32, blob) == PC_OK);
    VALGRIND_MAKE_MEM_DEFINED(blob, sizeof blob);
    EXPECT(pc_seal_restore(&store, blob, sizeof blob, secret, 32) == PC_OK);
    blob[100] ^= 1;
    EXPECT(pc_seal_restore(&store, blob, sizeof blob, secret, 32) != PC_OK);
    free(data);
}

#endif

static int branch_on_a_key(const uint8_t *key) {
    pc_cipher_t cipher;
    uint8_t *const secret = hidden(key, 16);
    pc_cipher_expand(&cipher, PC_CIPHER_DES, secret, 16);
    const int status = *(const uint8_t *)&cipher & 1u ? puts("branch") : 0;
    free(secret);
    return status < 0;
}

int main(int argc, char **argv) {
    uint8_t *const key = check_bytes(100);
    uint8_t *const text = hidden(key, 100);
    uint8_t *const secret = hidden(key + 40, 32);
    if (argc > 1 && !strcmp(argv[1], "branch")) {
        return branch_on_a_key(key);
    }
    pc_keystore_init(&store, &health);
    EXPECT(health.status == PC_OK);
    codes(key, text);
    pin_blocks(key);
    keys_under_keys(key, key + 32);
#if PC_WITH_ALL
    key_blocks();
    derivation(key, secret);
    blobs(key, secret);
#endif
    /* the verdict of a comparison is public, the comparison is not */
    (void)pc_memory_equal(text, secret, 32);
    free(key);
    free(text);
    free(secret);
    return 0;
}
