#include "des.h"

#ifdef __GNUC__
#define PC_DES_ALIGNED __attribute__((aligned(16)))
#else
#define PC_DES_ALIGNED
#endif

#include "des_circuit.h"

/* Half blocks are kept in the order of the S-boxes' outputs: bit 8k + b is an output of the S-box in slot b, so P needs
 * no work and the sum of f is added as it comes. circuits_des.py explains the order and writes the constants for it.
 *
 * Each S-box input is a plane: a byte with one bit for each slot. Planes 1 to 4 (the middle inputs b2..b5) use each bit
 * of the half block once, so their key bits are one word added beforehand: `own`. Planes 0 and 5 (b1 and b6, the bits
 * that E doubles) have a byte each: `side`. A plane repeated in all four bytes stands beside every output. */

#define REPEAT 0x01010101u

static uint32_t load_word(const uint8_t *bytes) {
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | (uint32_t)bytes[3];
}

static void store_word(uint8_t *bytes, uint32_t word) {
    bytes[0] = (uint8_t)(word >> 24);
    bytes[1] = (uint8_t)(word >> 16);
    bytes[2] = (uint8_t)(word >> 8);
    bytes[3] = (uint8_t)word;
}

/* Exchange the bits of *high chosen by `mask` at `places` with those of *low. */
static inline void exchange(uint32_t *high, uint32_t *low, unsigned places, uint32_t mask) {
    const uint32_t change = ((*high >> places) ^ *low) & mask;
    *low ^= change;
    *high ^= change << places;
}

/* Bit b of byte k to bit k of byte b; bytes 0 to 3 are in half[0], byte 0 lowest. */
static void transpose(uint32_t half[2]) {
    exchange(&half[0], &half[0], 7, 0x00aa00aau);
    exchange(&half[1], &half[1], 7, 0x00aa00aau);
    exchange(&half[0], &half[0], 14, 0x0000ccccu);
    exchange(&half[1], &half[1], 14, 0x0000ccccu);
    exchange(&half[0], &half[1], 4, 0x0f0f0f0fu);
}

/* One part's key schedule.
 *
 * Before round n, C and D have turned left by 1, 2, 4, 6, 8, 10, 12, 14, 15, 17, 19 ... 27, 28 places. Separate their
 * even bits from their odd ones, 14 of each: the eight rounds with even turns then find a given bit of permuted choice 2
 * in eight neighbouring bits of one of them, the eight with odd turns in eight neighbours of the other. Those are 96
 * shifts; the transposition of eight by eight bits at a time makes the round keys of them. */
static void expand_part(pc_des_part_t *part, const uint8_t key[PC_DES_KEY]) {
    /* Permuted choice 1 reads columns of the key from the last byte to the first. */
    uint32_t half[2] = {(uint32_t)key[7] | (uint32_t)key[5] << 8 | (uint32_t)key[3] << 16 | (uint32_t)key[1] << 24,
                        (uint32_t)key[6] | (uint32_t)key[4] << 8 | (uint32_t)key[2] << 16 | (uint32_t)key[0] << 24};
    uint32_t words[4]; /* even and odd bits of C, of D; each twice, so that a shift turns them */
    transpose(half);
    for (unsigned odd = 0; odd < 2; odd++) {
        const uint32_t low = half[0] >> 4 * odd;
        const uint32_t high = half[1] >> 4 * odd;
        const uint32_t c = (high >> 24 & 15u) | (high >> 12 & 0xf0u) | (high & 0xf00u) | (high << 12 & 0x3000u);
        const uint32_t d = (low >> 8 & 15u) | (low >> 12 & 0xf0u) | (low >> 16 & 0xf00u) | (high << 10 & 0x3000u);
        words[odd] = c | c << 14;
        words[2 + odd] = d | d << 14;
    }
    const uint8_t *field = pc_des_key_fields;
    for (unsigned group = 0; group < 6; group++) {
        for (unsigned odd = 0; odd < 2; odd++) {
            for (unsigned i = 0; i < 2; i++) {
                uint32_t rows = 0;
                for (unsigned n = 0; n < 4; n++, field++) {
                    rows = rows >> 8 | words[*field >> 5] >> (*field & 31) << 24;
                }
                half[i] = rows;
            }
            transpose(half);
            for (unsigned n = 0; n < 8; n++) {
                /* 28 places are none and 29 are one: the last round comes first here, and the first one last */
                const unsigned place = 8 * odd + n;
                const unsigned round = place == 0 || place == 15 ? 15 - place : place;
                const uint32_t byte = (half[n / 4] >> 8 * (n % 4) & 0xffu) ^ pc_des_key_flips[group];
                if (group >= 4) {
                    part->side[round][group - 4] = (uint8_t)byte;
                } else {
                    part->own[round] = (group ? part->own[round] : 0) | byte << 8 * group;
                }
            }
        }
    }
}

void pc_des_expand(pc_des_t *des, const uint8_t *key, size_t size) {
    des->parts = (uint8_t)(size / PC_DES_KEY);
    for (unsigned part = 0; part < des->parts; part++) {
        expand_part(&des->part[part], key + PC_DES_KEY * part);
    }
}

#define WORD(n) table[n]

/* f(R, K) of FIPS 46-3. */
static inline uint32_t cipher_function(uint32_t half, uint32_t own_key, const uint8_t *side, const uint32_t *table) {
    const uint32_t own = half ^ own_key;
    const uint32_t x0 = (PC_DES_PLANE_0(half, WORD) ^ side[0]) * REPEAT;
    const uint32_t x5 = (PC_DES_PLANE_5(half, WORD) ^ side[1]) * REPEAT;
    const uint32_t x1 = PC_DES_PLANE_1(own, WORD) * REPEAT;
    const uint32_t x2 = PC_DES_PLANE_2(own, WORD) * REPEAT;
    const uint32_t x3 = PC_DES_PLANE_3(own, WORD) * REPEAT;
    const uint32_t x4 = PC_DES_PLANE_4(own, WORD) * REPEAT;
    return PC_DES_SUM(WORD, x0, x1, x2, x3, x4, x5);
}

/* Sixteen rounds and the exchange of the halves; `backward` is public. */
static void run_rounds(uint32_t block[2], const pc_des_part_t *part, unsigned backward) {
    const uint32_t *table = pc_des_table;
    uint32_t left = block[0];
    uint32_t right = block[1];
    const uint32_t *own = backward ? part->own + 15 : part->own;
    const uint8_t *side = backward ? part->side[15] : part->side[0];
    const int step = backward ? -1 : 1;
    for (unsigned pair = 0; pair < 8; pair++) {
        /* keeps the compiler from turning loads into pairs of immediates, which take longer */
        __asm__("" : "+r"(table));
        left ^= cipher_function(right, *own, side, table);
        own += step;
        side += 2 * step;
        right ^= cipher_function(left, *own, side, table);
        own += step;
        side += 2 * step;
    }
    block[0] = right;
    block[1] = left;
}

#define SWAP_BOTH(places, mask)                              \
    exchange(&block[0], &block[0], places, mask);            \
    exchange(&block[1], &block[1], places, mask);

/* IP, and the halves in the order of the rounds. */
static void arrange(uint32_t block[2], const uint8_t in[PC_DES_BLOCK]) {
    block[1] = load_word(in);
    block[0] = load_word(in + 4);
    exchange(&block[0], &block[1], 1, 0x55555555u);
    PC_DES_ARRANGE(SWAP_BOTH)
}

/* The way back, with FP. */
static void rearrange(uint32_t block[2], uint8_t out[PC_DES_BLOCK]) {
    PC_DES_REARRANGE(SWAP_BOTH)
    exchange(&block[0], &block[1], 1, 0x55555555u);
    store_word(out, block[1]);
    store_word(out + 4, block[0]);
}

/* Passes through the key's parts one after the other; the permutations between them cancel. */
static void run_passes(const pc_des_t *des, const uint8_t parts[], unsigned passes, unsigned backward,
                       const uint8_t in[PC_DES_BLOCK], uint8_t out[PC_DES_BLOCK]) {
    uint32_t block[2];
    arrange(block, in);
    for (unsigned pass = 0; pass < passes; pass++) {
        run_rounds(block, &des->part[parts[pass]], backward ^ (pass & 1u));
    }
    rearrange(block, out);
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
