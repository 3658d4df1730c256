#include "aes.h"

#include "aes_circuit.h"
#include "config.h"
#include "memory.h"

/* Bytes to planes and back; `count` is 16 for a block, 4 for a word of the key schedule. */
static void slice(uint32_t planes[8], const uint8_t *bytes, unsigned count) {
    for (unsigned bit = 0; bit < 8; bit++) {
        uint32_t plane = 0;
        for (unsigned i = 0; i < count; i++) {
            plane |= ((uint32_t)bytes[i] >> bit & 1u) << i;
        }
        planes[bit] = plane;
    }
}

static void unslice(uint8_t *bytes, const uint32_t planes[8], unsigned count) {
    for (unsigned i = 0; i < count; i++) {
        uint32_t byte = 0;
        for (unsigned bit = 0; bit < 8; bit++) {
            byte |= (planes[bit] >> i & 1u) << bit;
        }
        bytes[i] = (uint8_t)byte;
    }
}

/* Product in GF(16) = GF(2)[z] / (z^4 + z + 1), all lanes at once; the result is added to `sum`. */
static void gf16_multiply_add(uint32_t sum[4], const uint32_t a[4], const uint32_t b[4]) {
    const uint32_t p4 = (a[1] & b[3]) ^ (a[2] & b[2]) ^ (a[3] & b[1]);
    const uint32_t p5 = (a[2] & b[3]) ^ (a[3] & b[2]);
    const uint32_t p6 = a[3] & b[3];
    sum[0] ^= (a[0] & b[0]) ^ p4;
    sum[1] ^= (a[0] & b[1]) ^ (a[1] & b[0]) ^ p4 ^ p5;
    sum[2] ^= (a[0] & b[2]) ^ (a[1] & b[1]) ^ (a[2] & b[0]) ^ p5 ^ p6;
    sum[3] ^= (a[0] & b[3]) ^ (a[1] & b[2]) ^ (a[2] & b[1]) ^ (a[3] & b[0]) ^ p6;
}

/* Intermediate values of one block, in one place so that they are wiped once a block and not once a round. */
struct scratch {
    uint32_t planes[8];
    uint32_t element[8]; /* l, h */
    uint32_t norm[4];
    uint32_t inverse[4];
    uint32_t sum[8];
    uint32_t rest[8];
};

/* FIPS 197 section 5.1.1. For a = hY + l in the tower the inverse is (hY + (h + l)) / N with the norm
 * N = nu h^2 + hl + l^2 in GF(16). */
static void sub_bytes(struct scratch *s) {
    pc_aes_to_tower(s->planes, s->element);
    pc_aes_norm_linear(s->element, s->norm);
    gf16_multiply_add(s->norm, s->element, s->element + 4);
    pc_aes_gf16_invert(s->norm, s->inverse);
    for (unsigned bit = 0; bit < 4; bit++) {
        s->element[bit] ^= s->element[bit + 4];
        s->sum[bit] = 0;
        s->sum[bit + 4] = 0;
    }
    gf16_multiply_add(s->sum, s->element, s->inverse);
    gf16_multiply_add(s->sum + 4, s->element + 4, s->inverse);
    pc_aes_from_tower(s->sum, s->planes);
    /* the affine map's constant 63 */
    s->planes[0] = ~s->planes[0];
    s->planes[1] = ~s->planes[1];
    s->planes[5] = ~s->planes[5];
    s->planes[6] = ~s->planes[6];
}

/* Turn sixteen lanes: lane i takes what lane i + places held. */
static inline uint32_t turn_16(uint32_t plane, unsigned places) {
    return (plane >> places | plane << (16 - places)) & 0xffffu;
}

/* FIPS 197 section 5.1.2: row r is the lanes with i mod 4 = r. */
static void shift_rows(uint32_t planes[8]) {
    for (unsigned bit = 0; bit < 8; bit++) {
        const uint32_t plane = planes[bit] & 0xffffu;
        planes[bit] = (plane & 0x1111u) | (turn_16(plane, 4) & 0x2222u) | (turn_16(plane, 8) & 0x4444u) |
                      (turn_16(plane, 12) & 0x8888u);
    }
}

/* FIPS 197 section 5.1.3, written as 2(a + a') + a' + (a'' + a''') with a' the next byte of the column. */
static void mix_columns(struct scratch *s) {
    for (unsigned bit = 0; bit < 8; bit++) {
        const uint32_t plane = s->planes[bit];
        const uint32_t next = (plane >> 1 & 0x7777u) | (plane << 3 & 0x8888u);
        const uint32_t sum = plane ^ next;
        s->sum[bit] = sum;
        s->rest[bit] = next ^ (sum >> 2 & 0x3333u) ^ (sum << 2 & 0xccccu);
    }
    /* doubling: x^8 = x^4 + x^3 + x + 1 */
    const uint32_t carry = s->sum[7];
    s->planes[0] = s->rest[0] ^ carry;
    s->planes[1] = s->rest[1] ^ s->sum[0] ^ carry;
    s->planes[2] = s->rest[2] ^ s->sum[1];
    s->planes[3] = s->rest[3] ^ s->sum[2] ^ carry;
    s->planes[4] = s->rest[4] ^ s->sum[3] ^ carry;
    s->planes[5] = s->rest[5] ^ s->sum[4];
    s->planes[6] = s->rest[6] ^ s->sum[5];
    s->planes[7] = s->rest[7] ^ s->sum[6];
}

static void add_round_key(uint32_t planes[8], const uint16_t key[8]) {
    for (unsigned bit = 0; bit < 8; bit++) {
        planes[bit] ^= key[bit];
    }
}

/* FIPS 197 section 5.2. Words are made one by one and kept as bytes until a round key of four is full. */
void pc_aes_expand(pc_aes_t *aes, const uint8_t *key, size_t size) {
    const unsigned words = (unsigned)size / 4;
    uint8_t window[32]; /* the last `words` words of the schedule, used as a ring */
    uint8_t round_key[16];
    uint8_t word[4];
    struct scratch s;
    uint8_t constant = 1;
    aes->rounds = (uint8_t)(words + 6);
    pc_memory_copy(window, key, size);
    pc_memory_copy(word, key + size - 4, 4);
    for (unsigned i = 0, place = 0; i < 4u * (aes->rounds + 1u); i++, place = place + 1 == words ? 0 : place + 1) {
        if (i >= words) {
            if (place == 0) {
                const uint8_t first = word[0];
                word[0] = word[1];
                word[1] = word[2];
                word[2] = word[3];
                word[3] = first;
            }
            if (place == 0 || (words == 8 && place == 4)) {
                slice(s.planes, word, 4);
                sub_bytes(&s);
                unslice(word, s.planes, 4);
            }
            if (place == 0) {
                word[0] = (uint8_t)(word[0] ^ constant);
                constant = (uint8_t)(constant << 1 ^ (constant >> 7) * 0x1b);
            }
            pc_memory_xor(word, window + 4 * place, 4);
            pc_memory_copy(window + 4 * place, word, 4);
        }
        pc_memory_copy(round_key + 4 * (i & 3u), window + 4 * place, 4);
        if ((i & 3u) == 3) {
            slice(s.planes, round_key, 16);
            for (unsigned bit = 0; bit < 8; bit++) {
                aes->round_keys[i / 4][bit] = (uint16_t)s.planes[bit];
            }
        }
    }
    pc_memory_wipe(window, sizeof window);
    pc_memory_wipe(round_key, sizeof round_key);
    pc_memory_wipe(word, sizeof word);
    pc_memory_wipe(&s, sizeof s);
}

void pc_aes_encrypt(const pc_aes_t *aes, const uint8_t in[PC_AES_BLOCK], uint8_t out[PC_AES_BLOCK]) {
    struct scratch s;
    slice(s.planes, in, PC_AES_BLOCK);
    add_round_key(s.planes, aes->round_keys[0]);
    for (unsigned round = 1; round < aes->rounds; round++) {
        sub_bytes(&s);
        shift_rows(s.planes);
        mix_columns(&s);
        add_round_key(s.planes, aes->round_keys[round]);
    }
    sub_bytes(&s);
    shift_rows(s.planes);
    add_round_key(s.planes, aes->round_keys[aes->rounds]);
    unslice(out, s.planes, PC_AES_BLOCK);
    pc_memory_wipe(&s, sizeof s);
}

#if PC_WITH_AES_KEYS

/* The inverse of the affine map, FIPS 197 section 5.3.2: bit i is the sum of bits i + 2, i + 5, i + 7 and of 05. */
static void unmix_bits(uint32_t planes[8]) {
    uint32_t old[8];
    for (unsigned bit = 0; bit < 8; bit++) {
        old[bit] = planes[bit];
    }
    for (unsigned bit = 0; bit < 8; bit++) {
        planes[bit] = old[(bit + 2) & 7] ^ old[(bit + 5) & 7] ^ old[(bit + 7) & 7];
    }
    planes[0] = ~planes[0];
    planes[2] = ~planes[2];
}

/* FIPS 197 section 5.3. The inverse S-box is the S-box between two inverse affine maps; the inverse of MixColumns is
 * its third power and the inverse of ShiftRows its third power. */
void pc_aes_decrypt(const pc_aes_t *aes, const uint8_t in[PC_AES_BLOCK], uint8_t out[PC_AES_BLOCK]) {
    struct scratch s;
    slice(s.planes, in, PC_AES_BLOCK);
    add_round_key(s.planes, aes->round_keys[aes->rounds]);
    for (unsigned round = aes->rounds; round > 0; round--) {
        for (unsigned turn = 0; turn < 3 && round < aes->rounds; turn++) {
            mix_columns(&s);
        }
        for (unsigned turn = 0; turn < 3; turn++) {
            shift_rows(s.planes);
        }
        unmix_bits(s.planes);
        sub_bytes(&s);
        unmix_bits(s.planes);
        add_round_key(s.planes, aes->round_keys[round - 1]);
    }
    unslice(out, s.planes, PC_AES_BLOCK);
}

#endif
