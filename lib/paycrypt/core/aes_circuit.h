/* Written by circuits.py from the definitions in the standard; change it there. */
#ifndef PC_AES_CIRCUIT_H
#define PC_AES_CIRCUIT_H
#include <stdint.h>

/* GF(2^8) of FIPS 197 to GF(16)[Y] / (Y^2 + Y + 8), GF(16) by z^4 + z + 1; planes 4..7 hold h of hY + l. */
static inline void pc_aes_to_tower(const uint32_t x[8], uint32_t y[8]) {
    const uint32_t t0 = x[5] ^ x[7];
    const uint32_t t1 = x[4] ^ x[6];
    const uint32_t t2 = x[2] ^ x[3];
    const uint32_t t3 = t0 ^ t2;
    const uint32_t t4 = x[0] ^ t0;
    const uint32_t t5 = x[1] ^ x[7];
    const uint32_t t6 = x[3] ^ x[4];
    const uint32_t t7 = x[5] ^ t1;
    const uint32_t t8 = t1 ^ t3;
    const uint32_t t9 = t1 ^ t5;
    y[0] = t4;
    y[1] = x[2];
    y[2] = t8;
    y[3] = t6;
    y[4] = t7;
    y[5] = t9;
    y[6] = t3;
    y[7] = t0;
}

/* 8 h^2 + l^2: the part of the norm that is linear over GF(2). */
static inline void pc_aes_norm_linear(const uint32_t x[8], uint32_t y[4]) {
    const uint32_t t0 = x[2] ^ x[6];
    const uint32_t t1 = x[0] ^ t0;
    const uint32_t t2 = x[1] ^ x[3];
    const uint32_t t3 = x[3] ^ x[4];
    const uint32_t t4 = x[5] ^ x[7];
    const uint32_t t5 = x[5] ^ t2;
    const uint32_t t6 = x[6] ^ x[7];
    const uint32_t t7 = t0 ^ t4;
    const uint32_t t8 = t3 ^ t6;
    y[0] = t1;
    y[1] = t7;
    y[2] = t5;
    y[3] = t8;
}

/* Inverse in GF(16), 0 for 0, as algebraic normal form. */
static inline void pc_aes_gf16_invert(const uint32_t x[4], uint32_t y[4]) {
    const uint32_t p3 = x[0] & x[1];
    const uint32_t p5 = x[0] & x[2];
    const uint32_t p6 = x[1] & x[2];
    const uint32_t p9 = x[0] & x[3];
    const uint32_t p10 = x[1] & x[3];
    const uint32_t p12 = x[2] & x[3];
    const uint32_t p7 = x[0] & p6;
    const uint32_t p11 = x[0] & p10;
    const uint32_t p13 = x[0] & p12;
    const uint32_t p14 = x[1] & p12;
    y[0] = x[0] ^ x[1] ^ x[2] ^ p5 ^ p6 ^ p7 ^ x[3] ^ p14;
    y[1] = p3 ^ p5 ^ p6 ^ x[3] ^ p10 ^ p11;
    y[2] = p3 ^ x[2] ^ p5 ^ x[3] ^ p9 ^ p13;
    y[3] = x[1] ^ x[2] ^ x[3] ^ p9 ^ p10 ^ p12 ^ p14;
}

/* Back to GF(2^8), and the matrix of the affine map (FIPS 197, 5.1.1). */
static inline void pc_aes_from_tower(const uint32_t x[8], uint32_t y[8]) {
    const uint32_t t0 = x[0] ^ x[5];
    const uint32_t t1 = x[1] ^ x[2];
    const uint32_t t2 = x[3] ^ t0;
    const uint32_t t3 = x[4] ^ t2;
    const uint32_t t4 = x[6] ^ x[7];
    const uint32_t t5 = x[0] ^ x[2];
    const uint32_t t6 = x[1] ^ t3;
    const uint32_t t7 = x[2] ^ t0;
    const uint32_t t8 = x[3] ^ x[5];
    const uint32_t t9 = x[4] ^ t4;
    const uint32_t t10 = x[6] ^ t2;
    const uint32_t t11 = x[6] ^ t5;
    const uint32_t t12 = t1 ^ t3;
    const uint32_t t13 = t1 ^ t4;
    const uint32_t t14 = t8 ^ t13;
    y[0] = t11;
    y[1] = t12;
    y[2] = t10;
    y[3] = t7;
    y[4] = t6;
    y[5] = t14;
    y[6] = t9;
    y[7] = t1;
}

#endif
