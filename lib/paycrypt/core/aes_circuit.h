/* Written by circuits_aes.py from the definitions in the standards; change it there. */
#ifndef PC_AES_CIRCUIT_H
#define PC_AES_CIRCUIT_H
#include <stdint.h>

#define PC_AES_AFTER 0x63u /* the affine map's constant */

/* Planes of the byte to the sums that pc_gf256_invert takes. */
static inline __attribute__((always_inline)) void
pc_aes_forms(const uint32_t x[8], uint32_t y[20]) {
    const uint32_t s10 = x[1] ^ x[3];
    const uint32_t s144 = x[4] ^ x[7];
    const uint32_t s176 = x[5] ^ s144;
    const uint32_t s154 = s10 ^ s144;
    const uint32_t s218 = x[6] ^ s154;
    const uint32_t s155 = x[0] ^ s154;
    const uint32_t s180 = x[2] ^ s176;
    const uint32_t s46 = s154 ^ s180;
    const uint32_t s250 = x[5] ^ s218;
    const uint32_t s97 = s155 ^ s250;
    const uint32_t s79 = s46 ^ s97;
    const uint32_t s77 = x[1] ^ s79;
    const uint32_t s205 = x[7] ^ s77;
    const uint32_t s23 = s218 ^ s205;
    const uint32_t s167 = s176 ^ s23;
    const uint32_t s253 = s176 ^ s77;
    const uint32_t s39 = x[7] ^ s167;
    const uint32_t s78 = x[0] ^ s79;
    const uint32_t s215 = s154 ^ s77;
    y[0] = s205;
    y[1] = s77;
    y[2] = x[7];
    y[3] = s23;
    y[4] = s176;
    y[5] = s167;
    y[6] = s218;
    y[7] = s253;
    y[8] = s39;
    y[9] = x[0];
    y[10] = s154;
    y[11] = s155;
    y[12] = s79;
    y[13] = s46;
    y[14] = s97;
    y[15] = s78;
    y[16] = s180;
    y[17] = s250;
    y[18] = s215;
    y[19] = s10;
}

/* The products of pc_gf256_invert to planes of the result; AFTER is not added here. */
static inline __attribute__((always_inline)) void
pc_aes_gather(const uint32_t x[18], uint32_t y[8]) {
    const uint32_t t0 = x[5] ^ x[3];
    const uint32_t t1 = x[4] ^ x[3];
    const uint32_t t2 = x[2] ^ x[1];
    const uint32_t t3 = x[0] ^ x[1];
    const uint32_t t4 = t1 ^ t3;
    const uint32_t t5 = x[17] ^ t4;
    const uint32_t t6 = t5 ^ x[16];
    const uint32_t t7 = x[15] ^ x[16];
    const uint32_t t8 = x[10] ^ t7;
    const uint32_t t9 = x[13] ^ t7;
    const uint32_t t10 = x[12] ^ t9;
    const uint32_t t11 = x[14] ^ t9;
    const uint32_t t12 = t4 ^ t11;
    const uint32_t t13 = x[9] ^ t10;
    const uint32_t t14 = t6 ^ t10;
    const uint32_t t15 = t13 ^ x[11];
    const uint32_t t16 = t8 ^ x[11];
    const uint32_t t17 = t4 ^ t16;
    const uint32_t t18 = x[8] ^ t16;
    const uint32_t t19 = x[7] ^ t18;
    const uint32_t t20 = x[6] ^ t18;
    const uint32_t t21 = t2 ^ t20;
    const uint32_t t22 = t3 ^ t20;
    const uint32_t t23 = t21 ^ t0;
    const uint32_t t24 = t19 ^ t0;
    y[0] = t12;
    y[1] = t11;
    y[2] = t15;
    y[3] = t23;
    y[4] = t17;
    y[5] = t14;
    y[6] = t24;
    y[7] = t22;
}

#endif
