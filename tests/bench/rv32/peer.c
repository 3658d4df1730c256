/* The same for BearSSL's constant-time ciphers, by its internal functions (src/inner.h). */
#include "bench.h"
#include "inner.h"

static uint32_t round_keys[96];
static uint32_t expanded[288];
static br_aes_ct_cbcenc_keys aes;

static uint32_t count_des_expand(const case_t *input, int size) {
    uint32_t count;
    BENCH_COUNT(count, (void)br_des_ct_keysched(round_keys, input->key, (size_t)size));
    return count;
}

/* What every CBC call does with the round keys before its first block. */
static uint32_t count_des_ready(const case_t *input, int size) {
    uint32_t count;
    const unsigned parts = br_des_ct_keysched(round_keys, input->key, (size_t)size);
    BENCH_COUNT(count, br_des_ct_skey_expand(expanded, parts, round_keys));
    return count;
}

static uint32_t count_des_block(const case_t *input, int size) {
    uint8_t block[8];
    uint32_t count;
    const unsigned parts = br_des_ct_keysched(round_keys, input->key, (size_t)size);
    br_des_ct_skey_expand(expanded, parts, round_keys);
    memcpy(block, input->text, sizeof block);
    BENCH_COUNT(count, br_des_ct_process_block(parts, expanded, block));
    return count;
}

static uint32_t count_des_cbc(const case_t *input, int size) {
    br_des_ct_cbcenc_keys des;
    uint8_t text[TEXT], iv[8];
    uint32_t count;
    memcpy(text, input->text, (size_t)size);
    memset(iv, 0, sizeof iv);
    br_des_ct_cbcenc_init(&des, input->key, 24);
    BENCH_COUNT(count, br_des_ct_cbcenc_run(&des, iv, text, (size_t)size));
    return count;
}

static uint32_t count_aes_expand(const case_t *input, int size) {
    uint32_t count;
    BENCH_COUNT(count, br_aes_ct_cbcenc_init(&aes, input->key, (size_t)size));
    return count;
}

/* Two blocks at once, the text already in bit planes. */
static uint32_t count_aes_planes(const case_t *input, int size) {
    uint32_t planes[8], count;
    br_aes_ct_cbcenc_init(&aes, input->key, (size_t)size);
    br_aes_ct_skey_expand(expanded, aes.num_rounds, aes.skey);
    memcpy(planes, input->text, sizeof planes);
    BENCH_COUNT(count, br_aes_ct_bitslice_encrypt(aes.num_rounds, expanded, planes));
    return count;
}

static uint32_t count_aes_cbc(const case_t *input, int size) {
    uint8_t text[TEXT], iv[16];
    uint32_t count;
    memcpy(text, input->text, (size_t)size);
    memset(iv, 0, sizeof iv);
    br_aes_ct_cbcenc_init(&aes, input->key, 16);
    BENCH_COUNT(count, br_aes_ct_cbcenc_run(&aes, iv, text, (size_t)size));
    return count;
}

const row_t bench_rows[] = {
    {"DES expand", count_des_expand, 8},
    {"3DES 2-key expand", count_des_expand, 16},
    {"3DES 3-key expand", count_des_expand, 24},
    {"3DES 3-key, to the form of the rounds", count_des_ready, 24},
    {"DES block", count_des_block, 8},
    {"3DES block", count_des_block, 24},
    {"3DES CBC 256", count_des_cbc, TEXT},
    {"AES-128 expand", count_aes_expand, 16},
    {"AES-192 expand", count_aes_expand, 24},
    {"AES-256 expand", count_aes_expand, 32},
    {"AES-128 two blocks, planes", count_aes_planes, 16},
    {"AES-192 two blocks, planes", count_aes_planes, 24},
    {"AES-256 two blocks, planes", count_aes_planes, 32},
    {"AES-128 CBC 16", count_aes_cbc, 16},
    {"AES-128 CBC 256", count_aes_cbc, TEXT},
    {0, 0, 0},
};

const size_row_t bench_sizes[] = {{0, 0}};
