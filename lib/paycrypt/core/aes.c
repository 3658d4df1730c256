#include "config.h"

#if PC_WITH_AES
#include "aes.h"

#include "aes_circuit.h"
#include "gf256_circuit.h"
#include "memory.h"

#define INLINE static inline __attribute__((always_inline))
#define APART static __attribute__((noinline))

#define LOW 0x0f0f0f0fu    /* bits 0 to 3 of the bytes: the low nibbles */
#define COLUMN 0x11111111u /* column 0 */

/* Bits j and j + 4 of the affine map's constant, for word j. */
#define AFTER(j) (PC_AES_AFTER >> (j) & 0x11u)

INLINE uint32_t turn(uint32_t word, unsigned places) {
    return word >> places | word << (32 - places);
}

/* Exchange the bits of `low` that lie `places` above `mask` with the bits of `high` at `mask`. */
INLINE void exchange(uint32_t *low, uint32_t *high, unsigned places, uint32_t mask) {
    const uint32_t difference = (*low >> places ^ *high) & mask;
    *high ^= difference;
    *low ^= difference << places;
}

/* Four columns to the words of a block, or back: in each nibble, words and bits change places. */
INLINE void transpose(uint32_t w[4]) {
    exchange(&w[0], &w[1], 1, 0x55555555u);
    exchange(&w[2], &w[3], 1, 0x55555555u);
    exchange(&w[0], &w[2], 2, 0x33333333u);
    exchange(&w[1], &w[3], 2, 0x33333333u);
}

APART void slice(uint32_t w[4], const uint8_t *in) {
    for (unsigned i = 0; i < 4; i++) {
        w[i] = in[4 * i] | (uint32_t)in[4 * i + 1] << 8;
        w[i] |= (uint32_t)in[4 * i + 2] << 16 | (uint32_t)in[4 * i + 3] << 24;
    }
    transpose(w);
}

APART void unslice(uint8_t *out, uint32_t w[4]) {
    transpose(w);
    for (unsigned i = 0; i < 4; i++) {
        out[4 * i] = (uint8_t)w[i];
        out[4 * i + 1] = (uint8_t)(w[i] >> 8);
        out[4 * i + 2] = (uint8_t)(w[i] >> 16);
        out[4 * i + 3] = (uint8_t)(w[i] >> 24);
    }
}

/* FIPS 197 section 5.1.1 without the constant 63: that passes ShiftRows and MixColumns unchanged and is in the round
 * keys. */
INLINE void sub_bytes(uint32_t w[4]) {
    uint32_t forms[20];
    uint32_t products[18];
    uint32_t x[8] = {w[0] & LOW,      w[1] & LOW,      w[2] & LOW,      w[3] & LOW,
                     w[0] >> 4 & LOW, w[1] >> 4 & LOW, w[2] >> 4 & LOW, w[3] >> 4 & LOW};
    pc_aes_forms(x, forms);
    pc_gf256_invert(forms, products);
    pc_aes_gather(products, x);
    w[0] = x[0] | x[4] << 4;
    w[1] = x[1] | x[5] << 4;
    w[2] = x[2] | x[6] << 4;
    w[3] = x[3] | x[7] << 4;
}

/* One copy of those hundred gates for encryption, decryption and key schedule: inlined, encryption would be a sixth faster and
 * 500 bytes larger. */
APART void substitute(uint32_t w[4]) {
    sub_bytes(w);
}

/* Columns 0 and 2, or 1 and 3, or both change places; then, in rows 1 and 3, neighbours do. FIPS 197 section 5.1.2 asks
 * for turns by r places, and a turn by one or three is two such reflections. */
INLINE uint32_t far_columns(uint32_t word) {
    const uint32_t difference = (word >> 2 ^ word) & 0x22331100u;
    return word ^ difference ^ difference << 2;
}

INLINE uint32_t near_columns(uint32_t word) {
    const uint32_t difference = (word >> 1 ^ word) & 0x55005500u;
    return word ^ difference ^ difference << 1;
}

/* Bytes times x, with x^8 = x^4 + x^3 + x + 1. */
INLINE void double_bytes(uint32_t w[4]) {
    const uint32_t carry = w[3] >> 4 & LOW;
    const uint32_t first = carry ^ ((w[3] ^ carry) & LOW) << 4;
    w[3] = w[2] ^ carry;
    w[2] = w[1];
    w[1] = w[0] ^ carry;
    w[0] = first;
}

/* FIPS 197 section 5.1.3, as 2(a + a') + a' + (a'' + a''') with a' the next byte of the column. */
INLINE void mix_columns(uint32_t w[4]) {
    const uint32_t next[4] = {turn(w[0], 8), turn(w[1], 8), turn(w[2], 8), turn(w[3], 8)};
    uint32_t sum[4] = {w[0] ^ next[0], w[1] ^ next[1], w[2] ^ next[2], w[3] ^ next[3]};
    w[0] = next[0] ^ turn(sum[0], 16);
    w[1] = next[1] ^ turn(sum[1], 16);
    w[2] = next[2] ^ turn(sum[2], 16);
    w[3] = next[3] ^ turn(sum[3], 16);
    double_bytes(sum);
    w[0] ^= sum[0];
    w[1] ^= sum[1];
    w[2] ^= sum[2];
    w[3] ^= sum[3];
}

INLINE void add_round_key(uint32_t w[4], const uint32_t key[4]) {
    w[0] ^= key[0];
    w[1] ^= key[1];
    w[2] ^= key[2];
    w[3] ^= key[3];
}

void pc_aes_encrypt(const pc_aes_t *aes, const uint8_t in[PC_AES_BLOCK], uint8_t out[PC_AES_BLOCK]) {
    const uint32_t *key = aes->round_keys;
    const uint32_t *const last = key + 4u * aes->rounds;
    uint32_t block[4];
    slice(block, in);
    uint32_t w[4] = {block[0], block[1], block[2], block[3]};
    add_round_key(w, key);
    for (;;) {
        substitute(w);
        w[0] = near_columns(far_columns(w[0]));
        w[1] = near_columns(far_columns(w[1]));
        w[2] = near_columns(far_columns(w[2]));
        w[3] = near_columns(far_columns(w[3]));
        key += 4;
        if (key == last) {
            break;
        }
        mix_columns(w);
        add_round_key(w, key);
    }
    add_round_key(w, key);
    block[0] = w[0];
    block[1] = w[1];
    block[2] = w[2];
    block[3] = w[3];
    unslice(out, block);
}

/* FIPS 197 section 5.2. `w` is the last word made, as column 0 of a block. */
void pc_aes_expand(pc_aes_t *aes, const uint8_t *key, size_t size) {
    const unsigned words = (unsigned)size / 4;
    uint32_t *const keys = aes->round_keys;
    uint8_t padded[32];
    uint32_t w[4];
    uint32_t constant = 1;
    pc_memory_wipe(padded, sizeof padded);
    pc_memory_copy(padded, key, size);
    slice(keys, padded);
    slice(keys + 4, padded + 16);
    aes->rounds = (uint8_t)(words + 6);
    for (unsigned j = 0; j < 4; j++) {
        w[j] = keys[((words - 1) & ~3u) + j] >> ((words - 1) & 3u) & COLUMN;
    }
    for (unsigned i = words, place = 0; i < 4 * words + 28; i++) {
        const uint32_t *const back = keys + ((i - words) & ~3u);
        uint32_t *const made = keys + (i & ~3u);
        if (place == 0 || (place == 4 && words == 8)) {
            substitute(w);
            w[0] ^= AFTER(0) * 0x01010101u;
            w[1] ^= AFTER(1) * 0x01010101u;
            w[2] ^= AFTER(2) * 0x01010101u;
            w[3] ^= AFTER(3) * 0x01010101u;
        }
        for (unsigned j = 0; j < 4; j++) {
            if (place == 0) {
                w[j] = turn(w[j], 8) ^ (constant >> j & 0x11u);
            }
            w[j] ^= back[j] >> ((i - words) & 3u) & COLUMN;
            made[j] = (i & 3u ? made[j] : 0) | w[j] << (i & 3u);
        }
        if (place == 0) {
            constant = constant << 1 ^ (0x11bu & (0u - (constant >> 7)));
        }
        place = place + 1 == words ? 0 : place + 1;
    }
    for (unsigned i = 4; i <= 4u * aes->rounds; i += 4) {
        keys[i] ^= AFTER(0) * LOW;
        keys[i + 1] ^= AFTER(1) * LOW;
        keys[i + 2] ^= AFTER(2) * LOW;
        keys[i + 3] ^= AFTER(3) * LOW;
    }
}

INLINE uint32_t other_nibble(uint32_t word) {
    return (word >> 4 & LOW) | (word & LOW) << 4;
}

/* The matrix of the inverse affine map, FIPS 197 section 5.3.2: bit i is the sum of bits i + 2, i + 5 and i + 7. */
APART void unmix_bits(uint32_t w[4]) {
    const uint32_t x[8] = {
        w[0], w[1], w[2], w[3], other_nibble(w[0]), other_nibble(w[1]), other_nibble(w[2]), other_nibble(w[3]),
    };
    w[0] = x[2] ^ x[5] ^ x[7];
    w[1] = x[3] ^ x[6] ^ x[0];
    w[2] = x[4] ^ x[7] ^ x[1];
    w[3] = x[5] ^ x[0] ^ x[2];
}

/* FIPS 197 section 5.3. The inverse S-box undoes the affine map, then inverts; to invert is to apply the S-box, then to
 * undo the affine map. So it is the S-box between two inverse maps; the round keys bring the constant 63 to where it is
 * needed. The inverse of MixColumns is MixColumns of a + 4(a + a''). */
void pc_aes_decrypt(const pc_aes_t *aes, const uint8_t in[PC_AES_BLOCK], uint8_t out[PC_AES_BLOCK]) {
    uint32_t w[4];
    uint32_t sum[4];
    const uint32_t *key = aes->round_keys + 4u * aes->rounds;
    slice(w, in);
    add_round_key(w, key);
    for (;;) {
        for (unsigned j = 0; j < 4; j++) {
            w[j] = far_columns(near_columns(w[j]));
        }
        unmix_bits(w);
        substitute(w);
        unmix_bits(w);
        key -= 4;
        add_round_key(w, key);
        if (key == aes->round_keys) {
            break;
        }
        for (unsigned j = 0; j < 4; j++) {
            sum[j] = w[j] ^ turn(w[j], 16);
        }
        double_bytes(sum);
        double_bytes(sum);
        add_round_key(w, sum);
        mix_columns(w);
    }
    unslice(out, w);
}
#endif
