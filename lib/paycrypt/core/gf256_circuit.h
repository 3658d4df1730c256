/* Written by circuits_aes.py from the definitions in the standards; change it there. */
#ifndef PC_GF256_CIRCUIT_H
#define PC_GF256_CIRCUIT_H
#include <stdint.h>

/* Nine sums of h, nine of l and two of both to the 18 products that make the inverse. */
static inline __attribute__((always_inline)) void
pc_gf256_invert(const uint32_t x[20], uint32_t y[18]) {
    const uint32_t p0 = x[0] & x[9];
    const uint32_t p1 = x[1] & x[10];
    const uint32_t p2 = x[2] | x[11];
    const uint32_t p3 = x[3] & x[12];
    const uint32_t p4 = x[4] | x[13];
    const uint32_t p5 = x[5] & x[14];
    const uint32_t p6 = x[6] & x[15];
    const uint32_t p7 = x[7] & x[16];
    const uint32_t p8 = x[8] | x[17];
    const uint32_t cross = p7 ^ p8;
    const uint32_t wcross = p6 ^ p7;
    const uint32_t u3 = p2 ^ p0;
    const uint32_t m3 = u3 ^ cross;
    const uint32_t u2 = p2 ^ p1;
    const uint32_t m2 = u2 ^ wcross;
    const uint32_t u1 = p5 ^ p3;
    const uint32_t m1 = u1 ^ cross;
    const uint32_t u0 = p5 ^ p4;
    const uint32_t m0 = u0 ^ wcross;
    const uint32_t n0 = m0 ^ x[18];
    const uint32_t n3 = m3 ^ x[19];
    const uint32_t low = n0 ^ m1;
    const uint32_t high = m2 ^ n3;
    const uint32_t even = n0 & m2;
    const uint32_t odd = m1 & n3;
    const uint32_t a3 = even ^ high;
    const uint32_t b3 = m1 & a3;
    const uint32_t i3 = b3 ^ low;
    const uint32_t a1 = even ^ low;
    const uint32_t b1 = n3 & a1;
    const uint32_t i1 = b1 ^ high;
    const uint32_t a2 = odd ^ m2;
    const uint32_t b2 = low & a2;
    const uint32_t i2 = b2 ^ n0;
    const uint32_t a0 = odd ^ n0;
    const uint32_t b0 = high & a0;
    const uint32_t i0 = b0 ^ m2;
    const uint32_t f12 = i3 ^ i2;
    const uint32_t f3 = i1 ^ i0;
    const uint32_t f10 = i3 ^ i1;
    const uint32_t f5 = i2 ^ i0;
    const uint32_t f15 = f10 ^ f5;
    const uint32_t l0 = i3 & x[9];
    const uint32_t h0 = i3 & x[0];
    const uint32_t l1 = i2 & x[10];
    const uint32_t h1 = i2 & x[1];
    const uint32_t l2 = f12 & x[11];
    const uint32_t h2 = f12 & x[2];
    const uint32_t l3 = i1 & x[12];
    const uint32_t h3 = i1 & x[3];
    const uint32_t l4 = i0 & x[13];
    const uint32_t h4 = i0 & x[4];
    const uint32_t l5 = f3 & x[14];
    const uint32_t h5 = f3 & x[5];
    const uint32_t l6 = f10 & x[15];
    const uint32_t h6 = f10 & x[6];
    const uint32_t l7 = f5 & x[16];
    const uint32_t h7 = f5 & x[7];
    const uint32_t l8 = f15 & x[17];
    const uint32_t h8 = f15 & x[8];
    y[0] = l0;
    y[9] = h0;
    y[1] = l1;
    y[10] = h1;
    y[2] = l2;
    y[11] = h2;
    y[3] = l3;
    y[12] = h3;
    y[4] = l4;
    y[13] = h4;
    y[5] = l5;
    y[14] = h5;
    y[6] = l6;
    y[15] = h6;
    y[7] = l7;
    y[16] = h7;
    y[8] = l8;
    y[17] = h8;
}

#endif
