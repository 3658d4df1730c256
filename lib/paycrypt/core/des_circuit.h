/* Written by circuits_des.py from the definitions in the standard; change it there. */
#ifndef PC_DES_CIRCUIT_H
#define PC_DES_CIRCUIT_H
#include <stdint.h>

/* Coefficients of the S-boxes' normal form; bits 0 to 5 of the index are planes 0, 5, 1, 2, 3, 4.
 * Behind them a mask and a factor for each plane. */
static const uint32_t pc_des_table[76] PC_DES_ALIGNED = {
    0xa100bdb9u, 0xa69de8d3u, 0xa8f17fc6u, 0x73c69b6cu, 0xb6f9be67u, 0x498812d4u, 0x2717089cu, 0x678c9bf5u,
    0xe755eebdu, 0x563aa14cu, 0x2f8e8848u, 0x3796183cu, 0x66a61042u, 0x6230a0b5u, 0x498589c1u, 0x034f9906u,
    0x771facdau, 0x3ae237acu, 0x00000000u, 0x00000000u, 0x6b7d4141u, 0x2a6b28e8u, 0x233f087du, 0x42282941u,
    0x98a2ff75u, 0x3352dd7du, 0x1296cc79u, 0x22d4ce6eu, 0x6abc5115u, 0x2f787a2du, 0x73ae64a0u, 0x9e0c4f99u,
    0x7fb7dbf3u, 0x8560aa0du, 0x00000000u, 0x864c4009u, 0xc0a0399du, 0x48980d98u, 0x63310bbdu, 0xc9bcf38cu,
    0x08084029u, 0x25094c69u, 0x5a10cb21u, 0x6500032bu, 0x4d0061f1u, 0x6921f5f9u, 0xb721abf1u, 0x81d89b58u,
    0xd2e4578cu, 0xc6eeb05du, 0x4626e5e9u, 0xf504dff1u, 0xa2080146u, 0x339b0ba5u, 0xe6032548u, 0x7eb96f7eu,
    0x4100abc8u, 0x492a228au, 0xe618a381u, 0xe12aa9e0u, 0x00000000u, 0x00000000u, 0x00000000u, 0x00000000u,
    0x02204c81u, 0x40040404u, 0x34882081u, 0x04201002u, 0x0934010au, 0x02020808u, 0x02031a30u, 0x00402008u,
    0x4040c444u, 0x00408012u, 0x00160130u, 0x00801010u,
};

/* Planes 0 to 5 of a half block; F(n) reads the table. The products may lack X(places to the right, mask). */
#define PC_DES_PLANE_0(half, F) (((half) & F(64)) * F(65) >> 24)
#define PC_DES_REST_0(X) X(25, 4u)
#define PC_DES_PLANE_1(half, F) (((half) & F(66)) * F(67) >> 24)
#define PC_DES_REST_1(X)
#define PC_DES_PLANE_2(half, F) (((half) & F(68)) * F(69) >> 24)
#define PC_DES_REST_2(X)
#define PC_DES_PLANE_3(half, F) (((half) & F(70)) * F(71) >> 24)
#define PC_DES_REST_3(X)
#define PC_DES_PLANE_4(half, F) (((half) & F(72)) * F(73) >> 24)
#define PC_DES_REST_4(X) X(28, 8u)
#define PC_DES_PLANE_5(half, F) (((half) & F(74)) * F(75) >> 24)
#define PC_DES_REST_5(X) X(29, 6u)

/* The sums over planes 0, 5, 1 and 2 that belong to 1, x3, x4 and x3 x4. */
#define PC_DES_SUM_0(F, x0, x5, x1, x2) \
    ((((F(0) ^ (F(1) & x0)) ^ ((F(2) ^ (F(3) & x0)) & x5)) ^ (((F(4) ^ (F(5) & x0)) ^ ((F(6) ^ (F(7) & x0)) & x5)) & \
    x1)) ^ ((((F(8) ^ (F(9) & x0)) ^ ((F(10) ^ (F(11) & x0)) & x5)) ^ (((F(12) ^ (F(13) & x0)) ^ ((F(14) ^ (F(15) & \
    x0)) & x5)) & x1)) & x2))
#define PC_DES_SUM_1(F, x0, x5, x1, x2) \
    (((F(16) ^ (F(17) & x0)) ^ (((F(20) ^ (F(21) & x0)) ^ ((F(22) ^ (F(23) & x0)) & x5)) & x1)) ^ ((((F(24) ^ (F(25) \
    & x0)) ^ ((F(26) ^ (F(27) & x0)) & x5)) ^ (((F(28) ^ (F(29) & x0)) ^ ((F(30) ^ (F(31) & x0)) & x5)) & x1)) & \
    x2))
#define PC_DES_SUM_2(F, x0, x5, x1, x2) \
    ((((F(32) ^ (F(33) & x0)) ^ ((F(35) & x0) & x5)) ^ (((F(36) ^ (F(37) & x0)) ^ ((F(38) ^ (F(39) & x0)) & x5)) & \
    x1)) ^ ((((F(40) ^ (F(41) & x0)) ^ ((F(42) ^ (F(43) & x0)) & x5)) ^ (((F(44) ^ (F(45) & x0)) ^ ((F(46) ^ (F(47) \
    & x0)) & x5)) & x1)) & x2))
#define PC_DES_SUM_3(F, x0, x5, x1, x2) \
    ((((F(48) ^ (F(49) & x0)) ^ ((F(50) ^ (F(51) & x0)) & x5)) ^ (((F(52) ^ (F(53) & x0)) ^ ((F(54) ^ (F(55) & x0)) \
    & x5)) & x1)) ^ (((F(56) ^ (F(57) & x0)) ^ ((F(58) ^ (F(59) & x0)) & x5)) & x2))

/* The sum over planes 1 to 4, when F(n) is words 4n to 4n + 3 at once. */
#define PC_DES_INNER_SUM(F, x1, x2, x3, x4) \
    ((((F(0) ^ (F(1) & x1)) ^ ((F(2) ^ (F(3) & x1)) & x2)) ^ (((F(4) ^ (F(5) & x1)) ^ ((F(6) ^ (F(7) & x1)) & x2)) & \
    x3)) ^ ((((F(8) ^ (F(9) & x1)) ^ ((F(10) ^ (F(11) & x1)) & x2)) ^ (((F(12) ^ (F(13) & x1)) ^ (F(14) & x2)) & \
    x3)) & x4))

/* Half block to its order in the rounds, as delta swaps X(distance, mask); then the way back. */
#define PC_DES_ARRANGE(X) \
    X(8, 0x00300094u) X(16, 0x00001016u) X(4, 0x0c08080cu) X(1, 0x54101554u) X(2, 0x21122112u) X(4, 0x08090706u) \
    X(16, 0x000005d6u) X(8, 0x00210051u)
#define PC_DES_REARRANGE(X) \
    X(8, 0x00210051u) X(16, 0x000005d6u) X(4, 0x08090706u) X(2, 0x21122112u) X(1, 0x54101554u) X(4, 0x0c08080cu) \
    X(16, 0x00001016u) X(8, 0x00300094u)

/* Where a round key's bits come from: word << 5 | shift, see des.c. */
static const uint8_t pc_des_key_fields[96] = {
    0x0a, 0x22, 0x41, 0x63, 0x2d, 0x08, 0x6a, 0x66, 0x23, 0x0a, 0x68, 0x4b, 0x07, 0x21, 0x44, 0x40,
    0x4a, 0x4b, 0x62, 0x6b, 0x6d, 0x45, 0x06, 0x21, 0x63, 0x64, 0x4a, 0x45, 0x47, 0x6c, 0x2d, 0x09,
    0x0d, 0x2c, 0x03, 0x48, 0x65, 0x49, 0x07, 0x44, 0x26, 0x06, 0x2a, 0x61, 0x4d, 0x62, 0x20, 0x6b,
    0x2b, 0x40, 0x05, 0x09, 0x29, 0x25, 0x42, 0x00, 0x05, 0x67, 0x2c, 0x22, 0x03, 0x0d, 0x69, 0x27,
    0x46, 0x4c, 0x24, 0x26, 0x68, 0x20, 0x0b, 0x60, 0x6d, 0x65, 0x0c, 0x00, 0x42, 0x08, 0x24, 0x48,
    0x4d, 0x67, 0x01, 0x02, 0x61, 0x27, 0x23, 0x69, 0x66, 0x41, 0x28, 0x29, 0x49, 0x01, 0x0b, 0x43,
};

/* Inverted inputs, one byte for each group of eight key bits. */
static const uint8_t pc_des_key_flips[6] = {
    0xef, 0x24, 0xc7, 0x44, 0x80, 0x00,
};

#endif
