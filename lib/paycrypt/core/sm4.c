#include "sm4.h"

/* Product in GF(2)[x] / (x^8 + x^7 + x^6 + x^5 + x^4 + x^2 + 1). */
static uint32_t multiply(uint32_t a, uint32_t b) {
    uint32_t product = 0;
    for (unsigned bit = 0; bit < 8; bit++) {
        product ^= a & (0u - (b >> bit & 1u));
        a = a << 1 ^ (0x1f5u & (0u - (a >> 7 & 1u)));
    }
    return product;
}

/* The affine map before and after the inversion: bit i of the sum of x turned left by 0, 1, 3, 6 and 7, and of d3. */
static uint32_t affine(uint32_t x) {
    const uint32_t twice = x | x << 8;
    return ((twice ^ twice >> 7 ^ twice >> 5 ^ twice >> 2 ^ twice >> 1) & 0xffu) ^ 0xd3u;
}

static uint32_t substitute(uint32_t word) {
    uint32_t result = 0;
    for (unsigned at = 0; at < 32; at += 8) {
        const uint32_t x = affine(word >> at & 0xffu);
        uint32_t inverse = 1;
        for (unsigned power = 0; power < 7; power++) {
            inverse = multiply(multiply(inverse, inverse), x);
        }
        result |= affine(multiply(inverse, inverse)) << at;
    }
    return result;
}

static uint32_t turn(uint32_t word, unsigned places) {
    return word << places | word >> (32 - places);
}

static uint32_t load(const uint8_t *in) {
    return (uint32_t)in[0] << 24 | (uint32_t)in[1] << 16 | (uint32_t)in[2] << 8 | in[3];
}

/* GB/T 32907-2016 section 7.3. */
void pc_sm4_expand(pc_sm4_t *sm4, const uint8_t key[PC_SM4_KEY]) {
    static const uint32_t family[4] = {0xa3b1bac6u, 0x56aa3350u, 0x677d9197u, 0xb27022dcu};
    uint32_t k[4];
    for (unsigned i = 0; i < 4; i++) {
        k[i] = load(key + 4 * i) ^ family[i];
    }
    for (uint32_t i = 0; i < 32; i++) {
        const uint32_t first = 28u * i;
        const uint32_t constant =
            (first & 0xffu) << 24 | ((first + 7u) & 0xffu) << 16 | ((first + 14u) & 0xffu) << 8 | ((first + 21u) & 0xffu);
        const uint32_t word = substitute(k[(i + 1) & 3] ^ k[(i + 2) & 3] ^ k[(i + 3) & 3] ^ constant);
        k[i & 3] ^= word ^ turn(word, 13) ^ turn(word, 23);
        sm4->round_keys[i] = k[i & 3];
    }
}

/* GB/T 32907-2016 section 7.1; decryption takes the round keys from the other end. */
static void crypt(const pc_sm4_t *sm4, const uint8_t *in, uint8_t *out, uint32_t mirror) {
    uint32_t x[4];
    for (unsigned i = 0; i < 4; i++) {
        x[i] = load(in + 4 * i);
    }
    for (uint32_t i = 0; i < 32; i++) {
        const uint32_t word =
            substitute(x[(i + 1) & 3] ^ x[(i + 2) & 3] ^ x[(i + 3) & 3] ^ sm4->round_keys[i ^ mirror]);
        x[i & 3] ^= word ^ turn(word, 2) ^ turn(word, 10) ^ turn(word, 18) ^ turn(word, 24);
    }
    for (unsigned i = 0; i < 16; i++) {
        out[i] = (uint8_t)(x[3 - i / 4] >> (24 - 8 * (i % 4)));
    }
}

void pc_sm4_encrypt(const pc_sm4_t *sm4, const uint8_t in[PC_SM4_BLOCK], uint8_t out[PC_SM4_BLOCK]) {
    crypt(sm4, in, out, 0);
}

void pc_sm4_decrypt(const pc_sm4_t *sm4, const uint8_t in[PC_SM4_BLOCK], uint8_t out[PC_SM4_BLOCK]) {
    crypt(sm4, in, out, 31);
}
