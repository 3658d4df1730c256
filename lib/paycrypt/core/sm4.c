#include "config.h"

#if PC_WITH_SM4
#include "sm4.h"

#include "gf256_circuit.h"
#include "sm4_circuit.h"

#define BYTES 0x01010101u /* one bit of each byte */

static inline uint32_t turn(uint32_t word, unsigned places) {
    return word << places | word >> (32 - places);
}

/* The S-box on the four bytes of a word, GB/T 32907-2016 section 6.2. Plane j is the word itself, j places down; only
 * the lowest bit of each of its bytes means something. */
static inline uint32_t substitute(uint32_t word) {
    uint32_t forms[20];
    uint32_t products[18];
    word ^= PC_SM4_BEFORE * BYTES;
    uint32_t x[8] = {word, word >> 1, word >> 2, word >> 3, word >> 4, word >> 5, word >> 6, word >> 7};
    pc_sm4_forms(x, forms);
    pc_gf256_invert(forms, products);
    pc_sm4_gather(products, x);
    word = (x[0] & BYTES) | (x[1] & BYTES) << 1 | (x[2] & BYTES) << 2 | (x[3] & BYTES) << 3;
    word |= (x[4] & BYTES) << 4 | (x[5] & BYTES) << 5 | (x[6] & BYTES) << 6 | (x[7] & BYTES) << 7;
    return word ^ PC_SM4_AFTER * BYTES;
}

static void load(uint32_t x[4], const uint8_t in[PC_SM4_BLOCK]) {
    for (unsigned i = 0; i < 4; i++) {
        x[i] = (uint32_t)in[4 * i] << 24 | (uint32_t)in[4 * i + 1] << 16;
        x[i] |= (uint32_t)in[4 * i + 2] << 8 | in[4 * i + 3];
    }
}

/* The 32 rounds, for a text and for a key alike (GB/T 32907-2016 sections 6.2 and 7.3). With `keys` round i takes key
 * i ^ mirror. Without, it takes the fixed parameter CK, bytes 7n for n from 4i on, and makes a key in `schedule`. */
static void run(uint32_t x[4], const uint32_t *keys, uint32_t mirror, uint32_t *schedule) {
    uint32_t a = x[0], b = x[1], c = x[2], d = x[3];
    uint32_t fixed = 0x00070e15u;
    for (uint32_t i = 0; i < 32; i++) {
        const uint32_t word = substitute(b ^ c ^ d ^ (schedule ? fixed : keys[i ^ mirror]));
        uint32_t next = a ^ word;
        if (schedule) {
            next ^= turn(word, 13) ^ turn(word, 23);
            schedule[i] = next;
            /* 28 more in each byte, modulo 256: carries must not reach the next byte */
            fixed = ((fixed & 0x7f7f7f7fu) + 0x1c1c1c1cu) ^ (fixed & 0x80808080u);
        } else {
            next ^= turn(word, 2) ^ turn(word, 10) ^ turn(word, 18) ^ turn(word, 24);
        }
        a = b;
        b = c;
        c = d;
        d = next;
    }
    x[0] = d;
    x[1] = c;
    x[2] = b;
    x[3] = a;
}

void pc_sm4_expand(pc_sm4_t *sm4, const uint8_t key[PC_SM4_KEY]) {
    uint32_t x[4];
    load(x, key);
    /* the system parameter FK */
    x[0] ^= 0xa3b1bac6u;
    x[1] ^= 0x56aa3350u;
    x[2] ^= 0x677d9197u;
    x[3] ^= 0xb27022dcu;
    run(x, 0, 0, sm4->round_keys);
}

/* Decryption takes the round keys from the other end (GB/T 32907-2016 section 7.2). */
static void crypt(const pc_sm4_t *sm4, const uint8_t *in, uint8_t *out, uint32_t mirror) {
    uint32_t x[4];
    load(x, in);
    run(x, sm4->round_keys, mirror, 0);
    for (unsigned i = 0; i < 16; i++) {
        out[i] = (uint8_t)(x[i / 4] >> (24 - 8 * (i & 3u)));
    }
}

void pc_sm4_encrypt(const pc_sm4_t *sm4, const uint8_t in[PC_SM4_BLOCK], uint8_t out[PC_SM4_BLOCK]) {
    crypt(sm4, in, out, 0);
}

void pc_sm4_decrypt(const pc_sm4_t *sm4, const uint8_t in[PC_SM4_BLOCK], uint8_t out[PC_SM4_BLOCK]) {
    crypt(sm4, in, out, 31);
}
#endif
