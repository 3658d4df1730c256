/* Written by circuits.py from the definitions in the standard; change it there. */
#ifndef PC_DES_CIRCUIT_H
#define PC_DES_CIRCUIT_H
#include <stdint.h>

/* Coefficient of each product of input bits; index bit 0 is b6, bit 5 is b1 (FIPS 46-3, S1 to S8). */
static const uint32_t pc_des_normal_form[64] = {
    0xefa72c4du, 0xec7ac69cu, 0xaeaaedffu, 0x500fb821u, 0x37396665u, 0x40efa809u, 0x68d7b833u, 0xa5ec0b28u,
    0xc9c755bbu, 0x252cf820u, 0x73fc3606u, 0x40205801u, 0xa2a0a918u, 0xe220f929u, 0x8222bd90u, 0x44a3f9e1u,
    0xd6b6ac77u, 0x794f104au, 0x3069300cu, 0x026f320bu, 0x6ce0d5ccu, 0x7640b01au, 0x59a9a22du, 0x238f1572u,
    0xac6d0bd4u, 0x7a63c083u, 0x21c83200u, 0x11cca000u, 0xa0e62188u, 0x202f69aau, 0x00000000u, 0x00000000u,
    0xaf7d655au, 0x51b33be9u, 0xf0168aa3u, 0x3b0fe8aeu, 0x90aa30c6u, 0x90bf8816u, 0x5ab2750au, 0x09e34f9bu,
    0x5391be65u, 0x0103be88u, 0x93372bafu, 0x49ac8e25u, 0xf288210cu, 0x922c313du, 0x920af5c0u, 0x70ef31b0u,
    0x63d312c0u, 0x6a707100u, 0x537b3006u, 0xb97c9011u, 0xa2efb0a5u, 0xa320c959u, 0xbc8f96a5u, 0x6ea0ab4au,
    0xfad176a5u, 0x6953ddf8u, 0x665a14a3u, 0xf74f3e2bu, 0xf2eff0ccu, 0xf0306cadu, 0x00000000u, 0x00000000u,
};

/* The permutation P of FIPS 46-3 as a Benes network of delta swaps. */
static inline uint32_t pc_des_permute(uint32_t x) {
    uint32_t t;
    t = ((x >> 16) ^ x) & 0x0000edfcu;
    x ^= t ^ (t << 16);
    t = ((x >> 8) ^ x) & 0x00000090u;
    x ^= t ^ (t << 8);
    t = ((x >> 4) ^ x) & 0x00080000u;
    x ^= t ^ (t << 4);
    t = ((x >> 2) ^ x) & 0x20000002u;
    x ^= t ^ (t << 2);
    t = ((x >> 1) ^ x) & 0x15154011u;
    x ^= t ^ (t << 1);
    t = ((x >> 2) ^ x) & 0x01131113u;
    x ^= t ^ (t << 2);
    t = ((x >> 4) ^ x) & 0x070e0705u;
    x ^= t ^ (t << 4);
    t = ((x >> 8) ^ x) & 0x008e0038u;
    x ^= t ^ (t << 8);
    t = ((x >> 16) ^ x) & 0x000024abu;
    x ^= t ^ (t << 16);
    return x;
}

#endif
