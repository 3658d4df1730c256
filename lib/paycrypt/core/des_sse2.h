/* The rounds of DES for x86-64, included by des.c: the same sum as there, four words at a time in SSE2 registers, which
 * every x86-64 processor has, a tenth faster with the instructions of AVX-512 where it has those. Both half blocks stand in
 * all four lanes of a register; the lanes of the inner sum are the coefficients of 1, x0, x5 and x0 x5. The order of
 * additions keeps the way from one round to the next short. */
#ifndef PC_DES_SSE2_H
#define PC_DES_SSE2_H

#include <emmintrin.h>

typedef uint32_t lanes_t __attribute__((vector_size(16)));

#define WORD(n) pc_des_table[n]
#define LANES(n) (lanes_t) _mm_load_si128((const __m128i *)(const void *)&pc_des_table[4 * (n)])
#define ALL_LANES(word) (lanes_t){word, word, word, word}

/* Upper byte of lane 0 or 2 to all bytes, by the shortest way. */
#define SPREAD_0(word) (lanes_t) _mm_shuffle_epi32(_mm_shufflelo_epi16(_mm_unpacklo_epi8(word, word), 0xff), 0)
#define SPREAD_2(word) (lanes_t) _mm_shuffle_epi32(_mm_shufflelo_epi16(_mm_unpackhi_epi8(word, word), 0xff), 0)

/* Both upper bytes, each to its lane: for planes that are needed later, as the shuffling units are the bottleneck. */
#define SPREAD(word) _mm_mul_epu32(_mm_srli_epi32(word, 24), (__m128i)ALL_LANES(REPEAT))
#define LANE_0(word) (lanes_t) _mm_shuffle_epi32(word, 0)
#define LANE_2(word) (lanes_t) _mm_shuffle_epi32(word, 0xaa)

/* Planes a and b in the upper bytes of lanes 0 and 2, without what PC_DES_REST adds. */
#define PRODUCTS(half, a, b)                                                                                         \
    (lanes_t) _mm_mul_epu32((__m128i)((half) & (lanes_t){pc_des_table[64 + 2 * a], 0, pc_des_table[64 + 2 * b], 0}), \
                            (__m128i)(lanes_t){pc_des_table[65 + 2 * a], 0, pc_des_table[65 + 2 * b], 0})
#define REST_0(places, mask) ^ (moved(half, places) & (lanes_t){(uint32_t)mask << 24, 0, 0, 0})
#define REST_2(places, mask) ^ (moved(half, places) & (lanes_t){0, 0, (uint32_t)mask << 24, 0})

PC_DES_INLINE lanes_t moved(lanes_t half, int places) {
    return places < 24 ? half << (24 - places) : half >> (places - 24);
}

/* Masks of the coefficients of 1, x0, x5 and x0 x5, by the integer unit, which has nothing else to do. */
PC_DES_INLINE lanes_t coefficient_masks(uint32_t half, const uint8_t *side) {
    const uint32_t y0 = PC_DES_PLANE_0(half, WORD) ^ (side[0] PC_DES_REST_0(OF_HALF));
    const uint32_t y5 = PC_DES_PLANE_5(half, WORD) ^ (side[1] PC_DES_REST_5(OF_HALF));
    const uint64_t low = y0 * ((uint64_t)REPEAT << 32) | 0xffffffffu;
    const uint64_t high = y5 * ((uint64_t)REPEAT << 32 | REPEAT) & low;
    return (lanes_t)_mm_set_epi64x((long long)high, (long long)low);
}

PC_DES_INLINE __m128i planes_1_2(lanes_t half) {
    return (__m128i)(PRODUCTS(half, 1, 2) PC_DES_REST_1(REST_0) PC_DES_REST_2(REST_2));
}

PC_DES_INLINE __m128i planes_3_4(lanes_t half) {
    return (__m128i)(PRODUCTS(half, 3, 4) PC_DES_REST_3(REST_0) PC_DES_REST_4(REST_2));
}

/* The value of f as two words to be added. */
typedef struct {
    lanes_t pairs;
    lanes_t exchanged;
} sum_t;

/* f of FIPS 46-3, where own = half + key. */
PC_DES_INLINE sum_t cipher_function(lanes_t half, lanes_t own, const uint8_t *side) {
    const __m128i y12 = planes_1_2(own);
    const __m128i y34 = SPREAD(planes_3_4(own));
    const lanes_t x1 = SPREAD_0(y12), x2 = SPREAD_2(y12), x3 = LANE_0(y34), x4 = LANE_2(y34);
    const lanes_t sum = PC_DES_INNER_SUM(LANES, x1, x2, x3, x4) & coefficient_masks(half[0], side);
    const lanes_t pairs = sum ^ (lanes_t)_mm_shuffle_epi32((__m128i)sum, 0x4e);
    const sum_t result = {pairs, (lanes_t)_mm_shuffle_epi32((__m128i)pairs, 0xb1)};
    return result;
}

/* Sixteen rounds and the exchange of the halves; `backward` is public. */
PC_DES_INLINE void rounds(uint32_t block[2], const pc_des_part_t *part, unsigned backward) {
    lanes_t left = ALL_LANES(block[0]);
    lanes_t right = ALL_LANES(block[1]);
    const unsigned flip = backward ? 15 : 0;
    lanes_t own = right ^ ALL_LANES(part->own[flip]);
    for (unsigned round = 0; round < 16; round += 2) {
        /* the next round's sum of half and key does not wait for the half */
        sum_t sum = cipher_function(right, own, part->side[round ^ flip]);
        own = ((left ^ ALL_LANES(part->own[(round + 1) ^ flip])) ^ sum.pairs) ^ sum.exchanged;
        left = (left ^ sum.pairs) ^ sum.exchanged;
        sum = cipher_function(left, own, part->side[(round + 1) ^ flip]);
        own = ((right ^ ALL_LANES(part->own[((round + 2) & 15) ^ flip])) ^ sum.pairs) ^ sum.exchanged;
        right = (right ^ sum.pairs) ^ sum.exchanged;
    }
    block[0] = right[0];
    block[1] = left[0];
}

static PC_DES_APART void rounds_sse2(uint32_t block[2], const pc_des_part_t *part, unsigned backward) {
    rounds(block, part, backward);
}

/* The same, where the compiler may make one instruction of an AND and an XOR. */
__attribute__((target("avx512f,avx512vl"))) static PC_DES_APART void rounds_avx512(uint32_t block[2], const pc_des_part_t *part,
                                                                                   unsigned backward) {
    rounds(block, part, backward);
}

static void run_rounds(uint32_t block[2], const pc_des_part_t *part, unsigned backward) {
    if (__builtin_cpu_supports("avx512vl")) {
        rounds_avx512(block, part, backward);
    } else {
        rounds_sse2(block, part, backward);
    }
}

#endif
