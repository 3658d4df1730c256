#include "des.h"

#include "des_circuit.h"
#include "memory.h"

/* Words hold DES bit 1 in bit 31, so the half block is eight nibbles, S1's in the top one. An S-box takes its
 * nibble and the neighbour bit at each side (the expansion E). Every input bit is spread over the four bits of the
 * nibble where the S-box's outputs will stand, so six words describe the inputs of all outputs of all S-boxes.
 *
 * A round key is two words: in `own` each nibble holds key bits b2..b5 as the half block does; in `side` bit 0 of
 * each nibble is b1 and bit 1 is b6. */

#define LANES 0x11111111u

/* FIPS 46-3, permuted choice 1: C then D, bits numbered from 1 at the left. */
static const uint8_t choice_1[56] = {
    57, 49, 41, 33, 25, 17, 9,  1,  58, 50, 42, 34, 26, 18, 10, 2,  59, 51, 43, 35, 27, 19, 11, 3,  60, 52, 44, 36,
    63, 55, 47, 39, 31, 23, 15, 7,  62, 54, 46, 38, 30, 22, 14, 6,  61, 53, 45, 37, 29, 21, 13, 5,  28, 20, 12, 4,
};

/* FIPS 46-3, permuted choice 2: first from C (1..28), then from D (29..56). */
static const uint8_t choice_2[48] = {
    14, 17, 11, 24, 1,  5,  3,  28, 15, 6,  21, 10, 23, 19, 12, 4,  26, 8,  16, 7,  27, 20, 13, 2,
    41, 52, 31, 37, 47, 55, 30, 40, 51, 45, 33, 48, 44, 49, 39, 56, 34, 53, 46, 42, 50, 36, 29, 32,
};

/* Rounds in which C and D turn by one place only (1, 2, 9, 16). */
#define SINGLE_TURNS 0x8103u

/* Place of each of an S-box's six key bits: b1 and b6 go to `side`, the others to `own`. */
static const uint8_t key_place[6] = {0, 3, 2, 1, 0, 1};

static uint32_t load_word(const uint8_t *bytes) {
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | (uint32_t)bytes[3];
}

static void store_word(uint8_t *bytes, uint32_t word) {
    bytes[0] = (uint8_t)(word >> 24);
    bytes[1] = (uint8_t)(word >> 16);
    bytes[2] = (uint8_t)(word >> 8);
    bytes[3] = (uint8_t)word;
}

static uint32_t turn_28(uint32_t half, unsigned places) {
    return (half << places | half >> (28 - places)) & 0x0fffffffu;
}

static void expand_part(uint32_t round_keys[32], const uint8_t key[PC_DES_KEY]) {
    uint32_t halves[2] = {0, 0};
    for (unsigned i = 0; i < 56; i++) {
        const unsigned bit = choice_1[i] - 1u;
        const uint32_t value = (uint32_t)(key[bit / 8] >> (7 - bit % 8)) & 1u;
        halves[i >= 28] = halves[i >= 28] << 1 | value;
    }
    for (unsigned round = 0; round < 16; round++) {
        const unsigned places = (SINGLE_TURNS >> round & 1u) ? 1u : 2u;
        halves[0] = turn_28(halves[0], places);
        halves[1] = turn_28(halves[1], places);
        uint32_t words[2] = {0, 0}; /* own, side */
        unsigned i = 0;
        for (unsigned box = 0; box < 8; box++) {
            for (unsigned b = 0; b < 6; b++, i++) {
                const unsigned bit = choice_2[i] - 1u;
                const uint32_t value = (bit < 28 ? halves[0] >> (27 - bit) : halves[1] >> (55 - bit)) & 1u;
                words[b == 0 || b == 5] |= value << (28 - 4 * box + key_place[b]);
            }
        }
        round_keys[2 * round] = words[0];
        round_keys[2 * round + 1] = words[1];
        pc_memory_wipe(words, sizeof words);
    }
    pc_memory_wipe(halves, sizeof halves);
}

void pc_des_expand(pc_des_t *des, const uint8_t *key, size_t size) {
    des->parts = (uint8_t)(size / PC_DES_KEY);
    for (unsigned part = 0; part < des->parts; part++) {
        expand_part(des->round_keys[part], key + PC_DES_KEY * part);
    }
}

/* One bit of each nibble (bit 0) to all four. */
static inline uint32_t spread(uint32_t lanes) {
    return (lanes << 4) - lanes;
}

/* f(R, K) of FIPS 46-3; `sums` is the caller's scratch, so that it is wiped once a block and not once a round. */
static uint32_t cipher_function(uint32_t half, const uint32_t key[2], uint32_t sums[8]) {
    const uint32_t own = half ^ key[0];
    const uint32_t b1 = spread(((half >> 4 | half << 28) ^ key[1]) & LANES);
    const uint32_t b2 = spread(own >> 3 & LANES);
    const uint32_t b3 = spread(own >> 2 & LANES);
    const uint32_t b4 = spread(own >> 1 & LANES);
    const uint32_t b5 = spread(own & LANES);
    const uint32_t b6 = spread(((half << 1 | half >> 31) ^ key[1] >> 1) & LANES);
    const uint32_t *form = pc_des_normal_form;
    /* Horner's scheme: b6, b5, b4 inside, then b3, b2, b1 */
    for (unsigned i = 0; i < 8; i++, form += 8) {
        const uint32_t low = (form[0] ^ (form[1] & b6)) ^ ((form[2] ^ (form[3] & b6)) & b5);
        const uint32_t high = (form[4] ^ (form[5] & b6)) ^ ((form[6] ^ (form[7] & b6)) & b5);
        sums[i] = low ^ (high & b4);
    }
    const uint32_t low = (sums[0] ^ (sums[1] & b3)) ^ ((sums[2] ^ (sums[3] & b3)) & b2);
    const uint32_t high = (sums[4] ^ (sums[5] & b3)) ^ ((sums[6] ^ (sums[7] & b3)) & b2);
    return pc_des_permute(low ^ (high & b1));
}

/* Sixteen rounds and the exchange of the halves; `backward` is public. */
static void run_rounds(uint32_t block[2], const uint32_t round_keys[32], unsigned backward, uint32_t sums[8]) {
    uint32_t left = block[0];
    uint32_t right = block[1];
    for (unsigned round = 0; round < 16; round++) {
        const unsigned index = backward ? 15 - round : round;
        const uint32_t next = left ^ cipher_function(right, round_keys + 2 * index, sums);
        left = right;
        right = next;
    }
    block[0] = right;
    block[1] = left;
}

/* Exchange the bits of *high chosen by `mask` at `places` with those of *low. */
static inline void exchange(uint32_t *high, uint32_t *low, unsigned places, uint32_t mask) {
    const uint32_t change = ((*high >> places) ^ *low) & mask;
    *low ^= change;
    *high ^= change << places;
}

/* IP as a transposition of the 8 by 8 bits in five exchanges; FP is the same backwards. */
static void initial_permutation(uint32_t block[2]) {
    exchange(&block[0], &block[1], 4, 0x0f0f0f0fu);
    exchange(&block[0], &block[1], 16, 0x0000ffffu);
    exchange(&block[1], &block[0], 2, 0x33333333u);
    exchange(&block[1], &block[0], 8, 0x00ff00ffu);
    exchange(&block[0], &block[1], 1, 0x55555555u);
}

static void final_permutation(uint32_t block[2]) {
    exchange(&block[0], &block[1], 1, 0x55555555u);
    exchange(&block[1], &block[0], 8, 0x00ff00ffu);
    exchange(&block[1], &block[0], 2, 0x33333333u);
    exchange(&block[0], &block[1], 16, 0x0000ffffu);
    exchange(&block[0], &block[1], 4, 0x0f0f0f0fu);
}

/* Passes through the key's parts one after the other; the permutations between them cancel. */
static void run_passes(const pc_des_t *des, const uint8_t parts[], unsigned passes, unsigned backward,
                       const uint8_t in[PC_DES_BLOCK], uint8_t out[PC_DES_BLOCK]) {
    uint32_t block[2] = {load_word(in), load_word(in + 4)};
    uint32_t sums[8];
    initial_permutation(block);
    for (unsigned pass = 0; pass < passes; pass++) {
        run_rounds(block, des->round_keys[parts[pass]], backward ^ (pass & 1u), sums);
    }
    final_permutation(block);
    store_word(out, block[0]);
    store_word(out + 4, block[1]);
    pc_memory_wipe(block, sizeof block);
    pc_memory_wipe(sums, sizeof sums);
}

/* Order of the parts for 1, 2 and 3 of them (SP 800-67 section 3.1), encrypting and decrypting. */
static const uint8_t part_order[2][4][3] = {
    {{0, 0, 0}, {0, 0, 0}, {0, 1, 0}, {0, 1, 2}},
    {{0, 0, 0}, {0, 0, 0}, {0, 1, 0}, {2, 1, 0}},
};

void pc_des_encrypt(const pc_des_t *des, const uint8_t in[PC_DES_BLOCK], uint8_t out[PC_DES_BLOCK]) {
    run_passes(des, part_order[0][des->parts], des->parts == 1 ? 1 : 3, 0, in, out);
}

void pc_des_decrypt(const pc_des_t *des, const uint8_t in[PC_DES_BLOCK], uint8_t out[PC_DES_BLOCK]) {
    run_passes(des, part_order[1][des->parts], des->parts == 1 ? 1 : 3, 1, in, out);
}

void pc_des_encrypt_part(const pc_des_t *des, unsigned part, const uint8_t in[PC_DES_BLOCK],
                         uint8_t out[PC_DES_BLOCK]) {
    const uint8_t order[1] = {(uint8_t)part};
    run_passes(des, order, 1, 0, in, out);
}

void pc_des_decrypt_part(const pc_des_t *des, unsigned part, const uint8_t in[PC_DES_BLOCK],
                         uint8_t out[PC_DES_BLOCK]) {
    const uint8_t order[1] = {(uint8_t)part};
    run_passes(des, order, 1, 1, in, out);
}
