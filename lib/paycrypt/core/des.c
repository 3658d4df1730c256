#include "des.h"

#ifdef __GNUC__
#define PC_DES_ALIGNED __attribute__((aligned(16)))
#define PC_DES_INLINE static inline __attribute__((always_inline))
#define PC_DES_APART __attribute__((noinline))
#define PC_DES_OPAQUE(x) __asm__("" : "+r"(x))             /* the compiler no longer knows the value */
#define PC_DES_AFTER(x, y) __asm__("" : "+r"(x), "+r"(y)) /* nor computes with x before y is there */
#else
#define PC_DES_ALIGNED
#define PC_DES_INLINE static inline
#define PC_DES_APART
#define PC_DES_OPAQUE(x) (void)(x)
#define PC_DES_AFTER(x, y) (void)(x)
#endif

#include "des_circuit.h"

/* Half blocks are kept in the order of the S-boxes' outputs: bit 8k + b is an output of the S-box in slot b, so P needs
 * no work and the sum of f is added as it comes. circuits_des.py explains the order and writes the constants for it.
 *
 * Each S-box input is a plane: a byte with one bit for each slot. Planes 1 to 4 (the middle inputs b2..b5) use each bit
 * of the half block once, so their key bits are one word added beforehand: `own`. Planes 0 and 5 (b1 and b6, the bits
 * that E doubles) have a byte each: `side`. A plane repeated in all four bytes stands beside every output. */

#define REPEAT 0x01010101u

/* Exchange the bits of *high chosen by `mask` at `places` with those of *low. */
PC_DES_INLINE void exchange_bits(uint32_t *high, uint32_t *low, unsigned places, uint32_t mask) {
    const uint32_t change = ((*high >> places) ^ *low) & mask;
    *low ^= change;
    *high ^= change << places;
}

/* Where byte n of a word, 0 the lowest, is in memory. */
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define OWN_BYTE(n) (3 - (n))
#else
#define OWN_BYTE(n) (n)
#endif

#if PC_WITH_SPEED

static uint32_t load_word(const uint8_t *bytes) {
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | (uint32_t)bytes[3];
}

static void store_word(uint8_t *bytes, uint32_t word) {
    bytes[0] = (uint8_t)(word >> 24);
    bytes[1] = (uint8_t)(word >> 16);
    bytes[2] = (uint8_t)(word >> 8);
    bytes[3] = (uint8_t)word;
}

/* Bit b of byte k to bit k of byte b; bytes 0 to 3 are in half[0], byte 0 lowest. */
static PC_DES_APART void transpose(uint32_t half[2]) {
    exchange_bits(&half[0], &half[0], 7, 0x00aa00aau);
    exchange_bits(&half[1], &half[1], 7, 0x00aa00aau);
    exchange_bits(&half[0], &half[0], 14, 0x0000ccccu);
    exchange_bits(&half[1], &half[1], 14, 0x0000ccccu);
    exchange_bits(&half[0], &half[1], 4, 0x0f0f0f0fu);
}

/* Eight neighbouring bits: eight rounds of one bit of permuted choice 2. */
#define FIELD(n) (words[field[n] >> 5] >> (field[n] & 31) & 0xffu)

/* One part's key schedule.
 *
 * In rounds 1 to 16, C and D stand turned left by 1, 2, 4, 6, 8, 10, 12, 14, 15, 17, 19 ... 27, 28 places. Separate
 * their even bits from their odd ones, 14 of each: then the eight rounds with even turns find a given bit of permuted
 * choice 2 in eight neighbouring bits of one of them, the eight with odd turns in eight neighbours of the other. Those
 * are 96 shifts; the transposition of eight by eight bits at a time makes the round keys of them. */
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
        const uint32_t flips = pc_des_key_flips[group] * REPEAT;
        const unsigned stride = group < 4 ? 4 : 2;
        uint8_t *to = group < 4 ? (uint8_t *)part->own + OWN_BYTE(group) : part->side[0] + (group - 4);
        for (unsigned odd = 0; odd < 2; odd++) {
            for (unsigned i = 0; i < 2; i++, field += 4) {
                half[i] = FIELD(0) | FIELD(1) << 8 | FIELD(2) << 16 | FIELD(3) << 24;
            }
            transpose(half);
            for (unsigned i = 0; i < 2; i++) {
                const uint32_t bytes = half[i] ^ flips;
                *to = (uint8_t)bytes;
                to += stride;
                *to = (uint8_t)(bytes >> 8);
                to += stride;
                *to = (uint8_t)(bytes >> 16);
                to += stride;
                *to = (uint8_t)(bytes >> 24);
                to += stride;
            }
        }
    }
    /* 28 places are none and 29 are one: so far the last round stands first and the first one last. */
    const uint32_t own = part->own[0];
    part->own[0] = part->own[15];
    part->own[15] = own;
    for (unsigned i = 0; i < 2; i++) {
        const uint8_t side = part->side[0][i];
        part->side[0][i] = part->side[15][i];
        part->side[15][i] = side;
    }
}

/* What PC_DES_REST adds to a plane. */
#define OF_HALF(places, mask) ^ (half >> places & mask)

#if defined(__SSE2__) && !defined(PC_SCALAR)
#include "des_sse2.h"
#else

/* Four constants stay in registers, as many as gcc for rv32imc keeps there; the others come from the table. */
#define WORD(n) ((n) == 65 ? kept[0] : (n) == 67 ? kept[1] : (n) == 69 ? kept[2] : (n) == 71 ? kept[3] : table[n])

#define OF_OWN(places, mask) ^ (own >> places & mask)

/* f(R, K) of FIPS 46-3. */
PC_DES_INLINE uint32_t cipher_function(uint32_t half, uint32_t own_key, const uint8_t side[2], const uint32_t *table,
                                       const uint32_t kept[4], uint32_t repeat) {
    const uint32_t own = half ^ own_key;
    const uint32_t x0 = (PC_DES_PLANE_0(half, WORD) ^ (side[0] PC_DES_REST_0(OF_HALF))) * repeat;
    const uint32_t x5 = (PC_DES_PLANE_5(half, WORD) ^ (side[1] PC_DES_REST_5(OF_HALF))) * repeat;
    const uint32_t x1 = (PC_DES_PLANE_1(own, WORD) PC_DES_REST_1(OF_OWN)) * repeat;
    const uint32_t x2 = (PC_DES_PLANE_2(own, WORD) PC_DES_REST_2(OF_OWN)) * repeat;
    const uint32_t x3 = (PC_DES_PLANE_3(own, WORD) PC_DES_REST_3(OF_OWN)) * repeat;
    const uint32_t x4 = (PC_DES_PLANE_4(own, WORD) PC_DES_REST_4(OF_OWN)) * repeat;
    uint32_t high = PC_DES_SUM_3(WORD, x0, x5, x1, x2) & x3;
    PC_DES_AFTER(table, high);
    high ^= PC_DES_SUM_2(WORD, x0, x5, x1, x2);
    PC_DES_AFTER(table, high);
    uint32_t low = PC_DES_SUM_1(WORD, x0, x5, x1, x2) & x3;
    PC_DES_AFTER(table, low);
    low ^= PC_DES_SUM_0(WORD, x0, x5, x1, x2);
    return low ^ (high & x4);
}

/* Sixteen rounds and the exchange of the halves; `backward` is public. */
static PC_DES_APART void run_rounds(uint32_t block[2], const pc_des_part_t *part, unsigned backward) {
    const uint32_t *table = pc_des_table;
    uint32_t kept[4] = {table[65], table[67], table[69], table[71]};
    uint32_t left = block[0];
    uint32_t right = block[1];
    const uint32_t *own = backward ? part->own + 15 : part->own;
    const uint8_t(*side)[2] = backward ? part->side + 15 : part->side;
    const int step = backward ? -1 : 1;
    const uint8_t(*const last)[2] = backward ? part->side : part->side + 15;
    uint32_t repeat = REPEAT;
    PC_DES_OPAQUE(repeat);
    PC_DES_OPAQUE(kept[0]);
    PC_DES_OPAQUE(kept[1]);
    PC_DES_OPAQUE(kept[2]);
    PC_DES_OPAQUE(kept[3]);
    for (;;) {
        PC_DES_OPAQUE(table); /* a load is cheaper than two immediates */
        const uint32_t next = left ^ cipher_function(right, *own, *side, table, kept, repeat);
        left = right;
        right = next;
        PC_DES_OPAQUE(right); /* keeps the exchange inside the loop */
        if (side == last) {
            break;
        }
        own += step;
        side += step;
    }
    block[0] = right;
    block[1] = left;
}

#endif

#define SWAP_BOTH(places, mask)                   \
    exchange_bits(&block[0], &block[0], places, mask); \
    exchange_bits(&block[1], &block[1], places, mask);

/* IP, and the halves in the order of the rounds. */
static void arrange(uint32_t block[2], const uint8_t in[PC_DES_BLOCK]) {
    block[1] = load_word(in);
    block[0] = load_word(in + 4);
    exchange_bits(&block[0], &block[1], 1, 0x55555555u);
    PC_DES_ARRANGE(SWAP_BOTH)
}

/* The way back, with FP. */
static void rearrange(uint32_t block[2], uint8_t out[PC_DES_BLOCK]) {
    PC_DES_REARRANGE(SWAP_BOTH)
    exchange_bits(&block[0], &block[1], 1, 0x55555555u);
    store_word(out, block[1]);
    store_word(out + 4, block[0]);
}

#else
#include "des_small.h"
#endif

void pc_des_expand(pc_des_t *des, const uint8_t *key, size_t size) {
    des->parts = (uint8_t)(size / PC_DES_KEY);
    for (unsigned part = 0; part < des->parts; part++) {
        expand_part(&des->part[part], key + PC_DES_KEY * part);
    }
}

/* Passes through the key's parts one after the other; the permutations between them cancel. */
static void run_passes(const pc_des_t *des, const uint8_t parts[], unsigned passes, unsigned backward,
                       const uint8_t in[PC_DES_BLOCK], uint8_t out[PC_DES_BLOCK]) {
    uint32_t block[2] = {0, 0};
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

static PC_DES_APART void run_key(const pc_des_t *des, unsigned backward, const uint8_t in[PC_DES_BLOCK],
                                 uint8_t out[PC_DES_BLOCK]) {
    run_passes(des, part_order[backward][des->parts], des->parts == 1 ? 1 : 3, backward, in, out);
}

void pc_des_encrypt(const pc_des_t *des, const uint8_t in[PC_DES_BLOCK], uint8_t out[PC_DES_BLOCK]) {
    run_key(des, 0, in, out);
}

void pc_des_decrypt(const pc_des_t *des, const uint8_t in[PC_DES_BLOCK], uint8_t out[PC_DES_BLOCK]) {
    run_key(des, 1, in, out);
}

/* An order of one part: where it stands in that of three. */
#define ALONE(part) (&part_order[0][3][part])

void pc_des_encrypt_part(const pc_des_t *des, unsigned part, const uint8_t in[PC_DES_BLOCK],
                         uint8_t out[PC_DES_BLOCK]) {
    run_passes(des, ALONE(part), 1, 0, in, out);
}

void pc_des_decrypt_part(const pc_des_t *des, unsigned part, const uint8_t in[PC_DES_BLOCK],
                         uint8_t out[PC_DES_BLOCK]) {
    run_passes(des, ALONE(part), 1, 1, in, out);
}

#if PC_WITH_SPEED
void pc_des_chain_part(const pc_des_t *des, unsigned part, uint8_t block[PC_DES_BLOCK], const uint8_t *data,
                       size_t count) {
    uint32_t chain[2];
    uint32_t next[2];
    arrange(chain, block);
    if (count) {
        arrange(next, data);
    }
    while (count--) {
        chain[0] ^= next[0];
        chain[1] ^= next[1];
        if (count) {
            /* before the rounds, which it need not wait for: a processor that can does both at a time */
            data += PC_DES_BLOCK;
            arrange(next, data);
        }
        run_rounds(chain, &des->part[part], 0);
    }
    rearrange(chain, block);
}
#endif
