/* Rows of the key store's calls, and the table of all rows. Each row begins with an empty store, so that what was
 * called before shows in no count. Codes and PIN blocks are second calls: the first one has expanded the key. */
#include "ciphers.h"
#include "keystore.h"
#include "memory.h"
#include "seal.h"
#include "status.h"

static pc_keystore_t store;
static pc_dukpt_t dukpt;
static pc_health_t health = {PC_HEALTH_UNTESTED};
static uint8_t out[PC_SIV_TAG + PC_WRAP_MAX];
static uint8_t blob[PC_SEAL_SIZE];
static uint8_t kcv[PC_KCV];
static size_t out_size;

enum { SLOT = 1, PIN_SLOT = 2, MAC_SLOT = 3 };

/* An empty store with one key. */
static void begin(int usage, int cipher, const uint8_t *key, int size) {
    pc_keystore_init(&store, &health);
    bench_expect(pc_keystore_load(&store, SLOT, usage, cipher, 0, key, (size_t)size, kcv) == PC_OK, "load");
}

static uint32_t count_load(const case_t *input, int cipher, int usage, int size) {
    uint32_t count;
    int status;
    pc_keystore_init(&store, &health);
    BENCH_COUNT(count, status = pc_keystore_load(&store, SLOT, usage, cipher, 0, input->key, (size_t)size, kcv));
    bench_expect(status == PC_OK, "load");
    return count;
}

static uint32_t count_load_des(const case_t *input, int size) {
    return count_load(input, PC_CIPHER_DES, PC_USAGE_MAC, size);
}

static uint32_t count_load_aes(const case_t *input, int size) {
    return count_load(input, PC_CIPHER_AES, PC_USAGE_MAC, size);
}

static uint32_t count_load_under(const case_t *input, int size) {
    pc_wrapped_key_t wrapped;
    uint32_t count;
    int status;
    begin(PC_USAGE_KEK, PC_CIPHER_DES, input->key, 16);
    pc_memory_wipe(&wrapped, sizeof wrapped);
    wrapped.cryptogram = input->field62;
    wrapped.size = (size_t)size;
    wrapped.kcv = input->field62 + size;
    wrapped.kcv_size = PC_KCV;
    BENCH_COUNT(count, status = pc_keystore_load_under(&store, PIN_SLOT, PC_USAGE_PIN, SLOT, &wrapped));
    bench_expect(status == PC_OK, "load_under");
    return count;
}

static uint32_t count_load_working(const case_t *input, int size) {
    uint32_t count;
    int status;
    begin(PC_USAGE_KEK, PC_CIPHER_DES, input->key, 16);
    BENCH_COUNT(count, status = pc_keystore_load_working(&store, SLOT, PIN_SLOT, MAC_SLOT, 0, input->field62,
                                                         (size_t)size));
    bench_expect(status == PC_OK, "load_working");
    return count;
}

static uint32_t count_load_block(const case_t *input, int size) {
    const int cipher = size == sizeof input->block_d ? PC_CIPHER_AES : PC_CIPHER_DES;
    const uint8_t *const block = cipher == PC_CIPHER_AES ? input->block_d : input->block_b;
    uint32_t count;
    int status;
    begin(PC_USAGE_KEK, cipher, input->key, 16);
    BENCH_COUNT(count, status = pc_keystore_load_block(&store, PIN_SLOT, SLOT, 0, block, (size_t)size, kcv));
    bench_expect(status == PC_OK, "load_block");
    return count;
}

static uint32_t count_mac(const case_t *input, int alg, int cipher, int size, int calls) {
    uint32_t count = 0;
    int status = PC_OK;
    begin(PC_USAGE_MAC, cipher, input->key, size);
    for (int i = 0; i < calls && status == PC_OK; i++) {
        BENCH_COUNT(count, status = pc_keystore_mac(&store, SLOT, alg, PC_PAD_ZEROS, input->text, TEXT, out,
                                                    &out_size));
    }
    bench_expect(status == PC_OK, "mac");
    return count;
}

static uint32_t count_ecb_first(const case_t *input, int size) {
    return count_mac(input, PC_MAC_ECB_UNIONPAY, PC_CIPHER_DES, size, 1);
}

static uint32_t count_ecb(const case_t *input, int size) {
    return count_mac(input, PC_MAC_ECB_UNIONPAY, PC_CIPHER_DES, size, 2);
}

static uint32_t count_ecb_sm4(const case_t *input, int size) {
    return count_mac(input, PC_MAC_ECB_UNIONPAY, PC_CIPHER_SM4, size, 2);
}

static uint32_t count_x919(const case_t *input, int size) {
    return count_mac(input, PC_MAC_X919, PC_CIPHER_DES, size, 2);
}

static uint32_t count_cbc_des(const case_t *input, int size) {
    return count_mac(input, PC_MAC_CBC, PC_CIPHER_DES, size, 2);
}

static uint32_t count_cmac_aes(const case_t *input, int size) {
    return count_mac(input, PC_MAC_CMAC, PC_CIPHER_AES, size, 2);
}

/* With the right code (size 8) or another one (size -8): the verdict is public, how far the codes agree is not. */
static uint32_t count_verify(const case_t *input, int size) {
    uint32_t count;
    uint8_t code[PC_BLOCK_MAX];
    int status, equal = 0;
    begin(PC_USAGE_MAC, PC_CIPHER_DES, input->key, 16);
    status = pc_keystore_mac(&store, SLOT, PC_MAC_X919, PC_PAD_ZEROS, input->text, TEXT, code, &out_size);
    bench_expect(status == PC_OK, "mac");
    if (size < 0) {
        code[input->other[0] & 7u] ^= (uint8_t)(input->other[1] | 1u);
    }
    BENCH_COUNT(count, status = pc_keystore_verify(&store, SLOT, PC_MAC_X919, PC_PAD_ZEROS, input->text, TEXT, code, 8,
                                                   &equal));
    bench_expect(status == PC_OK && equal == (size > 0), "verify");
    return count;
}

/* `fmt` in tens, cipher in ones. */
static uint32_t count_pin_block(const case_t *input, int form) {
    static const uint8_t fills[5] = {0, 5, 0, 20, 8};
    const int fmt = form / 10, cipher = form % 10;
    uint32_t count = 0;
    int status = PC_OK;
    begin(PC_USAGE_PIN, cipher, input->key, 16);
    for (int i = 0; i < 2 && status == PC_OK; i++) {
        uint8_t pin[PIN], fill[sizeof input->fill];
        pc_memory_copy(pin, input->pin, sizeof pin);
        pc_memory_copy(fill, input->fill, sizeof fill);
        BENCH_COUNT(count, status = pc_keystore_pin_block(&store, SLOT, fmt, pin, sizeof pin, input->pan, PAN,
                                                          fills[fmt] ? fill : 0, fills[fmt], out, &out_size));
    }
    bench_expect(status == PC_OK, "pin_block");
    return count;
}

/* Counter 0. */
static uint32_t count_dukpt_start(const case_t *input, int cipher) {
    const size_t ksn_size = cipher == PC_CIPHER_DES ? PC_DUKPT_KSN_DES : PC_DUKPT_KSN_AES;
    uint32_t count;
    int status;
    begin(PC_USAGE_DUKPT, cipher, input->key, 16);
    pc_dukpt_init(&dukpt);
    BENCH_COUNT(count, status = pc_keystore_dukpt_start(&store, SLOT, input->ksn, ksn_size, &dukpt));
    bench_expect(status == PC_OK, "dukpt start");
    return count;
}

/* From counter 1 to 2, one derivation, which is the mean; then the PIN key. */
static uint32_t count_dukpt_next(const case_t *input, int cipher) {
    uint32_t count;
    int status, derived;
    (void)count_dukpt_start(input, cipher);
    bench_expect(pc_dukpt_next(&dukpt, out, &out_size) == PC_OK, "dukpt next");
    BENCH_COUNT(count, {
        status = pc_dukpt_next(&dukpt, out, &out_size);
        derived = pc_keystore_load_derived(&store, PIN_SLOT, &dukpt, PC_DUKPT_PIN, 0, 0);
    });
    bench_expect(status == PC_OK && derived == PC_OK, "dukpt next");
    return count;
}

static uint32_t count_seal(const case_t *input, int size) {
    uint32_t count;
    int status;
    begin(PC_USAGE_KEK, PC_CIPHER_DES, input->key, 16);
    BENCH_COUNT(count, status = pc_seal_store(&store, input->other, (size_t)size, blob));
    bench_expect(status == PC_OK, "seal");
    return count;
}

static uint32_t count_unseal(const case_t *input, int size) {
    uint32_t count;
    int status;
    (void)count_seal(input, size);
    BENCH_COUNT(count, status = pc_seal_restore(&store, blob, sizeof blob, input->other, (size_t)size));
    bench_expect(status == PC_OK, "unseal");
    return count;
}

static uint32_t count_wrap(const case_t *input, int size) {
    uint32_t count;
    int status;
    begin(PC_USAGE_DATA, PC_CIPHER_AES, input->key, 32);
    BENCH_COUNT(count, status = pc_keystore_wrap(&store, SLOT, input->text, (size_t)size, input->ksn, 12, out));
    bench_expect(status == PC_OK, "wrap");
    return count;
}

/* What the calls above end with: 0 after a cipher with an expanded key, 1 after anything. */
static uint32_t count_burn(const case_t *input, int deep) {
    uint32_t count;
    (void)input;
    if (deep) {
        BENCH_COUNT(count, pc_memory_burn_deep());
    } else {
        BENCH_COUNT(count, pc_memory_burn());
    }
    return count;
}

static uint32_t count_selftest(const case_t *input, int size) {
    pc_health_t untested = {PC_HEALTH_UNTESTED};
    uint32_t count;
    int status;
    (void)input;
    (void)size;
    BENCH_COUNT(count, status = pc_selftest_run(&untested));
    bench_expect(status == PC_OK, "selftest");
    return count;
}

const row_t bench_rows[] = {
    {"DES expand", count_des_expand, 8},
    {"DES encrypt block", count_des_encrypt, 8},
    {"3DES 2-key expand", count_des_expand, 16},
    {"3DES 2-key encrypt block", count_des_encrypt, 16},
    {"3DES 2-key decrypt block", count_des_decrypt, 16},
    {"3DES 3-key expand", count_des_expand, 24},
    {"3DES 3-key encrypt block", count_des_encrypt, 24},
    {"3DES 3-key decrypt block", count_des_decrypt, 24},
    {"AES-128 expand", count_aes_expand, 16},
    {"AES-128 encrypt block", count_aes_encrypt, 16},
    {"AES-128 decrypt block", count_aes_decrypt, 16},
    {"AES-192 expand", count_aes_expand, 24},
    {"AES-192 encrypt block", count_aes_encrypt, 24},
    {"AES-192 decrypt block", count_aes_decrypt, 24},
    {"AES-256 expand", count_aes_expand, 32},
    {"AES-256 encrypt block", count_aes_encrypt, 32},
    {"AES-256 decrypt block", count_aes_decrypt, 32},
    {"SM4 expand", count_sm4_expand, 16},
    {"SM4 encrypt block", count_sm4_encrypt, 16},
    {"SM4 decrypt block", count_sm4_decrypt, 16},
    {"load DES 16", count_load_des, 16},
    {"load AES 16", count_load_aes, 16},
    {"load_under DES 16", count_load_under, 16},
    {"load_working 40", count_load_working, 40},
    {"load_block TR-31 B", count_load_block, 80},
    {"load_block TR-31 D", count_load_block, 112},
    {"mac ECB DES 256, first use", count_ecb_first, 8},
    {"mac ECB DES 256", count_ecb, 8},
    {"mac ECB 3DES 256", count_ecb, 16},
    {"mac ECB SM4 256", count_ecb_sm4, 16},
    {"mac X9.19 256", count_x919, 16},
    {"mac CBC 3DES 256", count_cbc_des, 16},
    {"mac CMAC AES-128 256", count_cmac_aes, 16},
    {"verify X9.19 256, right", count_verify, 8},
    {"verify X9.19 256, wrong", count_verify, -8},
    {"pin_block format 0 3DES", count_pin_block, 0 + PC_CIPHER_DES},
    {"pin_block format 0 SM4", count_pin_block, 0 + PC_CIPHER_SM4},
    {"pin_block format 1 3DES", count_pin_block, 10 + PC_CIPHER_DES},
    {"pin_block format 3 3DES", count_pin_block, 30 + PC_CIPHER_DES},
    {"pin_block format 4 AES-128", count_pin_block, 40 + PC_CIPHER_AES},
    {"DUKPT DES start", count_dukpt_start, PC_CIPHER_DES},
    {"DUKPT DES next + derive", count_dukpt_next, PC_CIPHER_DES},
    {"DUKPT AES-128 start", count_dukpt_start, PC_CIPHER_AES},
    {"DUKPT AES-128 next + derive", count_dukpt_next, PC_CIPHER_AES},
    {"wrap 256", count_wrap, PC_WRAP_MAX},
    {"seal", count_seal, PC_SEAL_SECRET},
    {"unseal", count_unseal, PC_SEAL_SECRET},
    {"burn", count_burn, 0},
    {"burn deep", count_burn, 1},
    {"selftest", count_selftest, 0},
    {"control", count_control, 16},
    {0, 0, 0},
};

const size_row_t bench_sizes[] = {
    {"pc_keystore_t", sizeof(pc_keystore_t)}, {"pc_dukpt_t", sizeof(pc_dukpt_t)}, {"pc_cipher_t", sizeof(pc_cipher_t)},
    {"case_t", sizeof(case_t)},               {0, 0},
};
