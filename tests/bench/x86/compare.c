/* The core beside BearSSL's constant-time ciphers, in one process, on the same inputs, in turns. Prints
 *
 *   ROW|PEER: OURS THEIRS          nanoseconds of processor time a call, one such line a round
 *
 * and ends with 1 when the two do not give the same bytes. */
#define _POSIX_C_SOURCE 199309L
#include <bearssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "aes.h"
#include "des.h"

#define TEXT 256
#define ROUNDS 31
#define ROUND_NS 1e6

static uint8_t key[32], text[TEXT], ours[TEXT], theirs[TEXT];
static pc_des_t des;
static pc_aes_t aes;
static br_des_ct_cbcenc_keys des_enc;
static br_des_ct_cbcdec_keys des_dec;
static br_aes_ct_cbcenc_keys aes_enc;
static br_aes_ct_cbcdec_keys aes_dec;
static br_aes_ct64_cbcenc_keys aes64_enc;
static br_aes_ct64_cbcdec_keys aes64_dec;

static void chain(uint8_t *to, const uint8_t *left, const uint8_t *right, size_t size) {
    for (size_t i = 0; i < size; i++) {
        to[i] = (uint8_t)(left[i] ^ right[i]);
    }
}

static void our_des_expand(void) {
    pc_des_expand(&des, key, 24);
}

static void our_aes_expand(void) {
    pc_aes_expand(&aes, key, 16);
}

static void our_des_encrypt(void) {
    uint8_t block[8] = {0};
    for (size_t at = 0; at < TEXT; at += 8) {
        chain(block, block, text + at, 8);
        pc_des_encrypt(&des, block, block);
        memcpy(ours + at, block, 8);
    }
}

static void our_des_decrypt(void) {
    static const uint8_t zeros[8];
    uint8_t block[8];
    for (size_t at = 0; at < TEXT; at += 8) {
        pc_des_decrypt(&des, text + at, block);
        chain(ours + at, block, at ? text + at - 8 : zeros, 8);
    }
}

static void our_aes_encrypt(void) {
    uint8_t block[16] = {0};
    for (size_t at = 0; at < TEXT; at += 16) {
        chain(block, block, text + at, 16);
        pc_aes_encrypt(&aes, block, block);
        memcpy(ours + at, block, 16);
    }
}

static void our_aes_decrypt(void) {
    static const uint8_t zeros[16];
    uint8_t block[16];
    for (size_t at = 0; at < TEXT; at += 16) {
        pc_aes_decrypt(&aes, text + at, block);
        chain(ours + at, block, at ? text + at - 16 : zeros, 16);
    }
}

static void des_expand(void) {
    br_des_ct_cbcenc_init(&des_enc, key, 24);
}

static void aes_expand(void) {
    br_aes_ct_cbcenc_init(&aes_enc, key, 16);
}

static void aes64_expand(void) {
    br_aes_ct64_cbcenc_init(&aes64_enc, key, 16);
}

/* BearSSL works in place; the copy costs next to nothing. */
#define IN_PLACE(name, run, keys)           \
    static void name(void) {                \
        uint8_t iv[16] = {0};               \
        memcpy(theirs, text, TEXT);         \
        run(&(keys), iv, theirs, TEXT);     \
    }
IN_PLACE(des_encrypt, br_des_ct_cbcenc_run, des_enc)
IN_PLACE(des_decrypt, br_des_ct_cbcdec_run, des_dec)
IN_PLACE(aes_encrypt, br_aes_ct_cbcenc_run, aes_enc)
IN_PLACE(aes_decrypt, br_aes_ct_cbcdec_run, aes_dec)
IN_PLACE(aes64_encrypt, br_aes_ct64_cbcenc_run, aes64_enc)
IN_PLACE(aes64_decrypt, br_aes_ct64_cbcdec_run, aes64_dec)

static const struct {
    const char *name;
    void (*ours)(void);
    void (*theirs)(void);
} rows[] = {
    {"3DES 3-key expand|des_ct", our_des_expand, des_expand},
    {"3DES CBC encrypt 256|des_ct", our_des_encrypt, des_encrypt},
    {"3DES CBC decrypt 256|des_ct", our_des_decrypt, des_decrypt},
    {"AES-128 expand|aes_ct", our_aes_expand, aes_expand},
    {"AES-128 expand|aes_ct64", our_aes_expand, aes64_expand},
    {"AES-128 CBC encrypt 256|aes_ct", our_aes_encrypt, aes_encrypt},
    {"AES-128 CBC encrypt 256|aes_ct64", our_aes_encrypt, aes64_encrypt},
    {"AES-128 CBC decrypt 256|aes_ct", our_aes_decrypt, aes_decrypt},
    {"AES-128 CBC decrypt 256|aes_ct64", our_aes_decrypt, aes64_decrypt},
};

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static double nanoseconds(void (*call)(void), unsigned long times) {
    const double begin = now();
    for (unsigned long i = 0; i < times; i++) {
        call();
    }
    return (now() - begin) / (double)times;
}

int main(int count, char **arguments) {
    srand(count > 1 ? (unsigned)atoi(arguments[1]) : 1u);
    for (unsigned i = 0; i < sizeof key; i++) {
        key[i] = (uint8_t)(rand() >> 4);
    }
    for (unsigned i = 0; i < sizeof text; i++) {
        text[i] = (uint8_t)(rand() >> 4);
    }
    br_des_ct_cbcdec_init(&des_dec, key, 24);
    br_aes_ct_cbcdec_init(&aes_dec, key, 16);
    br_aes_ct64_cbcdec_init(&aes64_dec, key, 16);
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        rows[i].ours();
        rows[i].theirs();
        if (memcmp(ours, theirs, TEXT) != 0) {
            fprintf(stderr, "%s: the two differ\n", rows[i].name);
            return 1;
        }
        const unsigned long times = 1 + (unsigned long)(ROUND_NS / (nanoseconds(rows[i].ours, 20) + 1));
        for (int round = 0; round < ROUNDS; round++) {
            const double mine = nanoseconds(rows[i].ours, times);
            printf("%s: %.1f %.1f\n", rows[i].name, mine, nanoseconds(rows[i].theirs, times));
        }
    }
    return 0;
}
