#include "config.h"
#include "dukpt.h"

#if PC_WITH_DUKPT
#include "memory.h"

#define HALF 8 /* bytes of the left and of the right half of a key */

/* One pass of the non-reversible generation (X9.24-1:2009 annex A.2): the register, masked with the right half,
 * encrypted under the left, masked again. */
PC_APART static void generate(const uint8_t key[16], const uint8_t crypto_register[HALF], uint8_t half[HALF]) {
    pc_cipher_t left;
    pc_memory_copy(half, crypto_register, HALF);
    pc_memory_xor(half, key + HALF, HALF);
    pc_cipher_expand(&left, PC_CIPHER_DES, key, HALF);
    pc_cipher_encrypt(&left, half, half);
    pc_memory_xor(half, key + HALF, HALF);
}

PC_APART void pc_dukpt_des_child(const uint8_t ksn[PC_DUKPT_KSN_MAX], uint32_t counter, const uint8_t parent[16],
                                 uint8_t child[16]) {
    uint8_t crypto_register[HALF], masked[16], right[HALF];
    /* the last eight bytes of the serial number with the counter of the node */
    pc_memory_copy(crypto_register, ksn + PC_DUKPT_KSN_DES - HALF, HALF);
    for (unsigned i = 0; i < 3; i++) {
        crypto_register[HALF - 1 - i] = (uint8_t)(crypto_register[HALF - 1 - i] | (counter >> (8 * i) & 0xffu));
    }
    /* C0C0C0C000000000C0C0C0C000000000 separates the two halves */
    for (unsigned i = 0; i < 16; i++) {
        masked[i] = (uint8_t)(parent[i] ^ (i & 4u ? 0u : 0xc0u));
    }
    generate(parent, crypto_register, right);
    generate(masked, crypto_register, child);
    pc_memory_copy(child + HALF, right, HALF);
}

PC_APART void pc_dukpt_des_working(const uint8_t transaction[16], int purpose, uint8_t key[16]) {
    /* the byte of each half that the variant inverts (X9.24-1:2009 annex A.4.1, table A-1), by purpose */
    static const uint8_t inverted[] = {0, 7, 6, 4, 5, 3};
    pc_memory_copy(key, transaction, 16);
    for (unsigned half = 0; half < 16; half += HALF) {
        uint8_t *byte = key + half + inverted[purpose];
        *byte = (uint8_t)(*byte ^ 0xffu);
    }
    if (purpose >= PC_DUKPT_DATA_REQUEST) {
        /* data keys pass a one-way function: each half encrypted under the whole variant */
        pc_cipher_t variant;
        pc_cipher_expand(&variant, PC_CIPHER_DES, key, 16);
        pc_cipher_encrypt(&variant, key, key);
        pc_cipher_encrypt(&variant, key + HALF, key + HALF);
    }
}
#endif
