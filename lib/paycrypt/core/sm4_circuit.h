/* Written by circuits_aes.py from the definitions in the standards; change it there. */
#ifndef PC_SM4_CIRCUIT_H
#define PC_SM4_CIRCUIT_H
#include <stdint.h>

#define PC_SM4_AFTER 0xd3u /* the affine map's constant */
#define PC_SM4_BEFORE 0x75u /* what the matrix takes to it */

/* Planes of the byte to the sums that pc_gf256_invert takes. */
static inline __attribute__((always_inline)) void
pc_sm4_forms(const uint32_t x[8], uint32_t y[20]) {
    const uint32_t s36 = x[2] ^ x[5];
    const uint32_t s18 = x[1] ^ x[4];
    const uint32_t s54 = s36 ^ s18;
    const uint32_t s34 = x[1] ^ x[5];
    const uint32_t s35 = x[0] ^ s34;
    const uint32_t s21 = s54 ^ s35;
    const uint32_t s85 = x[6] ^ s21;
    const uint32_t s71 = s18 ^ s85;
    const uint32_t s103 = x[5] ^ s71;
    const uint32_t s81 = x[2] ^ s85;
    const uint32_t s149 = x[7] ^ s21;
    const uint32_t s183 = s34 ^ s149;
    const uint32_t s40 = x[3] ^ x[5];
    const uint32_t s61 = s21 ^ s40;
    const uint32_t s168 = x[7] ^ s40;
    const uint32_t s30 = s54 ^ s40;
    const uint32_t s169 = x[0] ^ s168;
    const uint32_t s233 = x[6] ^ s169;
    y[0] = s36;
    y[1] = s54;
    y[2] = s18;
    y[3] = x[5];
    y[4] = s103;
    y[5] = s71;
    y[6] = x[2];
    y[7] = s81;
    y[8] = s85;
    y[9] = s34;
    y[10] = s35;
    y[11] = x[0];
    y[12] = s149;
    y[13] = s61;
    y[14] = s168;
    y[15] = s183;
    y[16] = s30;
    y[17] = s169;
    y[18] = s21;
    y[19] = s233;
}

/* The products of pc_gf256_invert to planes of the result; AFTER is not added here. */
static inline __attribute__((always_inline)) void
pc_sm4_gather(const uint32_t x[18], uint32_t y[8]) {
    const uint32_t t0 = x[16] ^ x[17];
    const uint32_t t1 = x[15] ^ x[17];
    const uint32_t t2 = x[13] ^ t1;
    const uint32_t t3 = x[10] ^ t1;
    const uint32_t t4 = t2 ^ x[12];
    const uint32_t t5 = x[14] ^ x[12];
    const uint32_t t6 = t0 ^ t5;
    const uint32_t t7 = x[11] ^ t5;
    const uint32_t t8 = x[9] ^ t3;
    const uint32_t t9 = t7 ^ t3;
    const uint32_t t10 = x[6] ^ t9;
    const uint32_t t11 = x[5] ^ t8;
    const uint32_t t12 = x[4] ^ x[7];
    const uint32_t t13 = x[1] ^ t10;
    const uint32_t t14 = t12 ^ t10;
    const uint32_t t15 = x[3] ^ t14;
    const uint32_t t16 = t11 ^ t14;
    const uint32_t t17 = t9 ^ t16;
    const uint32_t t18 = x[7] ^ t15;
    const uint32_t t19 = x[2] ^ t15;
    const uint32_t t20 = t13 ^ t19;
    const uint32_t t21 = x[0] ^ t19;
    const uint32_t t22 = t6 ^ t21;
    const uint32_t t23 = t17 ^ t21;
    const uint32_t t24 = t4 ^ t23;
    const uint32_t t25 = t18 ^ t20;
    const uint32_t t26 = x[8] ^ t20;
    const uint32_t t27 = t8 ^ t26;
    const uint32_t t28 = t22 ^ t26;
    y[0] = t22;
    y[1] = t25;
    y[2] = t16;
    y[3] = t27;
    y[4] = t28;
    y[5] = t23;
    y[6] = t9;
    y[7] = t24;
}

#endif
