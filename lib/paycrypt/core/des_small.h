/* The steps of DES with as little code as may be, included by des.c where size counts more than speed: the same sums
 * and exchanges as there, in loops over tables. */
#ifndef PC_DES_SMALL_H
#define PC_DES_SMALL_H

#define TWICE 0x4001u /* 14 bits stand there a second time, so that a shift turns them */

/* One part's key schedule as in des.c, but bit by bit. */
static void expand_part(pc_des_part_t *part, const uint8_t key[PC_DES_KEY]) {
    uint32_t words[4]; /* even and odd bits of C, of D */
    words[0] = words[1] = words[2] = words[3] = 0;
    for (unsigned n = 28; n--;) {
        /* permuted choice 1 reads columns, the last of them half and half */
        const unsigned column = n >> 3;
        const unsigned row = 7 - (n & 7);
        words[n & 1] = words[n & 1] << 1 | (key[row] >> (7 - column) & 1u);
        words[2 + (n & 1)] = words[2 + (n & 1)] << 1 | (key[column < 3 ? row : row - 4] >> (column + 1) & 1u);
    }
    for (unsigned i = 0; i < sizeof pc_des_key_fields; i++) {
        const unsigned field = pc_des_key_fields[i];
        const unsigned group = i >> 4;
        const uint32_t flips = (uint32_t)(pc_des_key_flips[group] >> (i & 7) & 1) * 0xffu;
        const uint32_t bits = (words[field >> 5] * TWICE >> (field & 31)) ^ flips;
        for (unsigned n = 0; n < 8; n++) {
            const unsigned turns = (i & 8) | n;
            const unsigned round = turns == 0 || turns == 15 ? 15 - turns : turns; /* 28 places are none, 29 are one */
            uint8_t *const own = (uint8_t *)&part->own[round] + OWN_BYTE(group);
            uint8_t *const to = group < 4 ? own : &part->side[round][group - 4];
            *to = (uint8_t)(*to >> 1 | (bits >> n & 1u) << 7); /* eight bits fill it, whatever it held */
        }
    }
}

/* IP but its reading, then PC_DES_ARRANGE, as steps to be taken forwards or backwards. The first is between the
 * halves. */
#define PLACES(places, mask) places,
#define MASK(places, mask) mask,
static const uint8_t step_places[] = {1, PC_DES_ARRANGE(PLACES)};
static const uint32_t step_masks[] = {0x55555555u, PC_DES_ARRANGE(MASK)};
#define STEPS sizeof step_places

static PC_DES_APART void exchange_steps(uint32_t block[2], size_t step, int direction) {
    for (; step < STEPS; step += (size_t)direction) {
        const unsigned between = step == 0;
        for (unsigned i = between; i < 2; i++) {
            exchange_bits(&block[between ? 0 : i], &block[i], step_places[step], step_masks[step]);
        }
    }
}

/* IP, and the halves in the order of the rounds. */
static void arrange(uint32_t block[2], const uint8_t in[PC_DES_BLOCK]) {
    for (unsigned i = 0; i < 4; i++) {
        block[1] = block[1] << 8 | in[i];
        block[0] = block[0] << 8 | in[i + 4];
    }
    exchange_steps(block, 0, 1);
}

/* The way back, with FP. */
static void rearrange(uint32_t block[2], uint8_t out[PC_DES_BLOCK]) {
    exchange_steps(block, STEPS - 1, -1);
    for (unsigned i = 4; i--;) {
        out[i] = (uint8_t)block[1];
        out[i + 4] = (uint8_t)block[0];
        block[1] >>= 8;
        block[0] >>= 8;
    }
}

/* What the products of planes 0 to 5 may lack: one term each at most. */
#define REST_PLACES(places, mask) +places
#define REST_MASK(places, mask) +mask
#define REST(n) {PC_DES_REST_##n(REST_PLACES) + 0, PC_DES_REST_##n(REST_MASK) + 0}
static const uint8_t rests[6][2] = {REST(0), REST(1), REST(2), REST(3), REST(4), REST(5)};

/* f(R, K) of FIPS 46-3. */
static uint32_t cipher_function(uint32_t half, uint32_t own_key, const uint8_t side[2]) {
    uint32_t planes[6];
    uint32_t products[16]; /* of the planes 1 to 4 whose bit in the index is set */
    for (unsigned n = 0; n < 6; n++) {
        const uint32_t own = n == 0 || n == 5 ? half : half ^ own_key;
        const uint32_t *const pair = &pc_des_table[64 + 2 * n];
        planes[n] = (((own & pair[0]) * pair[1] >> 24) ^ (own >> rests[n][0] & rests[n][1])) * REPEAT;
    }
    const uint32_t x0 = planes[0] ^ side[0] * REPEAT;
    const uint32_t x5 = planes[5] ^ side[1] * REPEAT;
    products[0] = ~0u;
    for (unsigned count = 1, n = 1; n < 5; n++) {
        for (unsigned i = 0, end = count; i < end; i++) {
            products[count++] = products[i] & planes[n];
        }
    }
    const uint32_t *words = pc_des_table;
    uint32_t sum = 0;
    for (unsigned i = 0; i < 16; i++, words += 4) {
        sum ^= ((words[0] ^ (words[1] & x0)) ^ ((words[2] ^ (words[3] & x0)) & x5)) & products[i];
    }
    return sum;
}

/* Sixteen rounds and the exchange of the halves; `backward` is public. */
static PC_DES_APART void run_rounds(uint32_t block[2], const pc_des_part_t *part, unsigned backward) {
    for (unsigned i = 0; i < 16; i++) {
        const unsigned round = backward ? 15 - i : i;
        const uint32_t right = block[1];
        block[1] = block[0] ^ cipher_function(right, part->own[round], part->side[round]);
        block[0] = right;
    }
    const uint32_t left = block[0];
    block[0] = block[1];
    block[1] = left;
}

#endif
