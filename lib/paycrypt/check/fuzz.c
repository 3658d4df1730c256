/* Fuzz target: whatever a host, a line or a flash chip may hand to the store. The first byte chooses the call.
 *
 *   clang -std=c99 -g -O1 -fsanitize=fuzzer,address,undefined -I../core ../core/[all].c fuzz.c && ./a.out -max_total_time=60
 *
 * Without -fsanitize=fuzzer and with -DPC_REPLAY a main() runs the files named on the command line. */
#include <stdlib.h>
#include <string.h>

#include "keystore.h"
#include "memory.h"
#include "pinblock.h"
#include "seal.h"
#include "status.h"
#include "tr31.h"

#define KEK_DES 0
#define KEK_AES 1
#define KEK_SM4 2
#define FREE 9

static pc_keystore_t store;
static pc_health_t health = {PC_HEALTH_UNTESTED};
static const uint8_t secret[32] = {7, 11, 13};
static const uint8_t key[32] = {0x89, 0xe8, 0x8c, 0xf7, 0x93, 0x14, 0x44, 0xf3, 0x34, 0xbd, 0x75,
                                0x47, 0xfc, 0x3f, 0x38, 0x0c, 1,    2,    3,    4,    5};

static void expect(int good) {
    if (!good) {
        abort();
    }
}

static void prepare(void) {
    static pc_keystore_t prepared;
    uint8_t kcv[PC_KCV];
    if (prepared.health) {
        store = prepared;
        return;
    }
    pc_keystore_init(&store, &health);
    expect(health.status == PC_OK);
    expect(pc_keystore_load(&store, KEK_DES, PC_USAGE_KEK, PC_CIPHER_DES, 0, key, 16, kcv) == PC_OK);
    expect(pc_keystore_load(&store, KEK_AES, PC_USAGE_KEK, PC_CIPHER_AES, 0, key, 32, kcv) == PC_OK);
    expect(pc_keystore_load(&store, KEK_SM4, PC_USAGE_KEK, PC_CIPHER_SM4, 0, key, 16, kcv) == PC_OK);
    expect(pc_keystore_load(&store, 3, PC_USAGE_DATA, 0, 0, key, 32, kcv) == PC_OK);
    expect(pc_keystore_load(&store, 4, PC_USAGE_PIN, 0, 0, key, 16, kcv) == PC_OK);
    expect(pc_keystore_load(&store, 5, PC_USAGE_PIN, PC_CIPHER_AES, 0, key, 16, kcv) == PC_OK);
    expect(pc_keystore_load(&store, 6, PC_USAGE_MAC, 0, 0, key, 16, kcv) == PC_OK);
    expect(pc_keystore_load(&store, 7, PC_USAGE_MAC, PC_CIPHER_AES, 0, key, 24, kcv) == PC_OK);
    expect(pc_keystore_load(&store, 8, PC_USAGE_DUKPT, PC_CIPHER_AES, 0, key, 24, kcv) == PC_OK);
    prepared = store;
}

/* A refusal changes no slot. */
static void refused_or(int status, const pc_keystore_t *before) {
    expect(status >= 0);
    if (status) {
        expect(memcmp(before->slots, store.slots, sizeof store.slots) == 0);
        expect(*pc_status_argument(status) && *pc_status_reason(status));
    }
}

static void fuzz_key_block(const uint8_t *data, size_t size, const pc_keystore_t *before) {
    uint8_t kcv[PC_KCV];
    for (int kek = KEK_DES; kek <= KEK_SM4; kek++) {
        store = *before; /* an earlier turn may have taken it */
        refused_or(pc_keystore_load_block(&store, FREE, kek, 1, data, size, kcv), before);
    }
}

static uint8_t hex_digit(unsigned nibble) {
    return (uint8_t)(nibble < 10 ? '0' + nibble : 'A' + nibble - 10);
}

/* The same behind a right authenticator: header and clear key as the fuzzer likes them, encrypted and authenticated as version A
 * wants it (TR 31-2018 section 5.3.2.1), with code of its own. */
static void fuzz_authentic_block(const uint8_t *data, size_t size, const pc_keystore_t *before) {
    uint8_t variant[2][16];
    uint8_t block[PC_TR31_MAX];
    uint8_t text[8 * 8];
    uint8_t message[PC_TR31_MAX];
    uint8_t code[PC_BLOCK_MAX];
    uint8_t kcv[PC_KCV];
    pc_cipher_t cipher;
    if (size < 17 || data[0] > 7) {
        return;
    }
    const size_t text_size = 8 * (size_t)(data[0] + 1);
    const size_t header_size = size - 1 < text_size + 16 ? 0 : size - 1 - text_size;
    if (header_size < 16 || header_size + 2 * text_size + 8 > sizeof block) {
        return;
    }
    for (int i = 0; i < 16; i++) {
        variant[0][i] = key[i] ^ 0x45;
        variant[1][i] = key[i] ^ 0x4d;
    }
    memcpy(block, data + 1, header_size);
    block[0] = 'A';
    memcpy(text, data + 1 + header_size, text_size);
    pc_cipher_expand(&cipher, PC_CIPHER_DES, variant[0], 16);
    for (size_t at = 0; at < text_size; at += 8) {
        for (size_t i = 0; i < 8; i++) {
            text[at + i] = (uint8_t)(text[at + i] ^ (at ? text[at - 8 + i] : block[i]));
        }
        pc_cipher_encrypt(&cipher, text + at, text + at);
    }
    memcpy(message, block, header_size);
    memcpy(message + header_size, text, text_size);
    pc_cipher_expand(&cipher, PC_CIPHER_DES, variant[1], 16);
    (void)pc_mac_whole(PC_MAC_CBC, PC_PAD_ZEROS, &cipher, message, header_size + text_size, code);
    size_t end = header_size;
    for (size_t i = 0; i < text_size + 4; i++) {
        const uint8_t byte = i < text_size ? text[i] : code[i - text_size];
        block[end++] = hex_digit(byte >> 4);
        block[end++] = hex_digit(byte & 15u);
    }
    uint8_t *const exact = malloc(end);
    memcpy(exact, block, end);
    refused_or(pc_keystore_load_block(&store, FREE, KEK_DES, 1, exact, end, kcv), before);
    free(exact);
}

static void fuzz_field62(const uint8_t *data, size_t size, const pc_keystore_t *before) {
    for (int kek = KEK_DES; kek <= KEK_SM4; kek++) {
        store = *before; /* an earlier turn may have taken it */
        refused_or(pc_keystore_load_working(&store, kek, FREE, FREE + 1, 1, data, size), before);
    }
}

static void fuzz_blob(const uint8_t *data, size_t size, const pc_keystore_t *before) {
    pc_dukpt_t dukpt;
    pc_dukpt_init(&dukpt);
    refused_or(pc_seal_restore(&store, data, size, secret, sizeof secret), before);
    expect(pc_seal_dukpt_restore(&dukpt, data, size, secret, sizeof secret) != PC_OK && dukpt.cipher == 0);
}

/* What a flash chip gives back when the tag is right and the content is not what this version writes. */
static void fuzz_authentic_blob(const uint8_t *data, size_t size, const pc_keystore_t *before) {
    uint8_t blob[PC_SEAL_SIZE] = {'P', 'C', 'K', 'S', 2, PC_SLOTS, PC_SEAL_SLOT, 0};
    uint8_t *const text = blob + PC_SEAL_HEADER + PC_SIV_TAG;
    const size_t room = PC_SLOTS * PC_SEAL_SLOT;
    memcpy(text, data, size < room ? size : room);
    pc_siv_encrypt(secret, blob, PC_SEAL_HEADER, text, room, blob + PC_SEAL_HEADER);
    refused_or(pc_seal_restore(&store, blob, sizeof blob, secret, sizeof secret), before);
    for (int slot = 0; slot < PC_SLOTS; slot++) {
        uint8_t out[PC_BLOCK_MAX];
        size_t out_size;
        (void)pc_keystore_mac(&store, slot, PC_MAC_CMAC, 1, text, 30, out, &out_size);
        (void)pc_keystore_kcv(&store, slot, 0, out);
    }
}

/* Every argument that has a length: three lengths and a content. */
static void fuzz_lengths(const uint8_t *data, size_t size, const pc_keystore_t *before) {
    if (size < 6) {
        return;
    }
    const int slot = (int)data[0] - 2;
    const int number = (int)data[1] - 2;
    const size_t first = data[2];
    const size_t second = data[3];
    const size_t third = data[4];
    uint8_t *const a = calloc(1, first + 1);
    uint8_t *const b = calloc(1, second + 1);
    uint8_t *const out = malloc(PC_SEAL_DUKPT_MAX);
    size_t out_size;
    int equal;
    pc_dukpt_t dukpt;
    pc_dukpt_init(&dukpt);
    memcpy(a, data + 5, size - 5 < first ? size - 5 : first);
    memcpy(b, data + 5, size - 5 < second ? size - 5 : second);
    const pc_wrapped_key_t wrapped = {a, first, b, second, third & 1 ? b : 0, second, data[4] % 5, data[4] % 4, 1};
    refused_or(pc_keystore_load(&store, FREE, number, data[4] % 5, 1, a, first, out), before);
    (void)pc_keystore_load_under(&store, FREE, number, slot, &wrapped);
    (void)pc_keystore_mac(&store, slot, number, data[4] % 4, a, first, out, &out_size);
    (void)pc_keystore_verify(&store, slot, number, data[4] % 4, a, first, b, second, &equal);
    (void)pc_keystore_wrap(&store, slot, a, first, b, second, out);
    (void)pc_keystore_unwrap(&store, slot, a, first, b, second, out);
    (void)pc_keystore_dukpt_start(&store, 8, a, first, &dukpt);
    (void)pc_dukpt_next(&dukpt, out, &out_size);
    (void)pc_dukpt_skip(&dukpt, b, second);
    (void)pc_keystore_load_derived(&store, FREE, &dukpt, number, data[4] % 5, second);
    (void)pc_seal_store(&store, a, first, out);
    (void)pc_seal_dukpt(&dukpt, a, first, out, &out_size);
    (void)pc_keystore_pin_block(&store, slot, number, a, first, b, second, third & 1 ? out : 0, third, out + 256, &out_size);
    free(a);
    free(b);
    free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static void (*const calls[])(const uint8_t *, size_t, const pc_keystore_t *) = {
        fuzz_key_block, fuzz_authentic_block, fuzz_field62, fuzz_blob, fuzz_authentic_blob, fuzz_lengths,
    };
    static pc_keystore_t before;
    if (size == 0) {
        return 0;
    }
    uint8_t *const exact = malloc(size > 1 ? size - 1 : 1);
    memcpy(exact, data + 1, size - 1);
    prepare();
    before = store;
    calls[data[0] % (sizeof calls / sizeof calls[0])](exact, size - 1, &before);
    free(exact);
    return 0;
}

#ifdef PC_REPLAY
#include <stdio.h>

int main(int argc, char **argv) {
    static uint8_t input[65536];
    for (int i = 1; i < argc; i++) {
        FILE *const file = fopen(argv[i], "rb");
        if (file == 0) {
            return 2;
        }
        (void)LLVMFuzzerTestOneInput(input, fread(input, 1, sizeof input, file));
        fclose(file);
    }
    return 0;
}
#endif
