/* Checks of the core that need C, for a run by hand or from tests/host/test_paycrypt_core.py.
 *
 *   gcc -std=c99 -Wall -Wextra -Wconversion -g -fsanitize=address,undefined -I../core <core's C files> core_check.c
 *   ./a.out          all calls with buffers of exactly the right size, valid and invalid, in pseudo-random order
 *   valgrind --error-exitcode=1 ./a.out secrets      (built without sanitizers)
 *                    keys, texts and PINs are memory that was never written: memcheck reports every branch
 *                    and every address that depends on one */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keystore.h"
#include "memory.h"
#include "seal.h"
#include "selftest.h"
#include "status.h"

static uint32_t seed = 1;

static uint32_t draw(uint32_t limit) {
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % limit;
}

/* A buffer of its own, so that the sanitizer sees one byte too far. */
static uint8_t *random_bytes(size_t size) {
    uint8_t *bytes = malloc(size ? size : 1);
    for (size_t i = 0; i < size; i++) {
        bytes[i] = (uint8_t)draw(256);
    }
    return bytes;
}

static uint8_t *random_digits(size_t size) {
    uint8_t *digits = random_bytes(size);
    for (size_t i = 0; i < size; i++) {
        digits[i] = draw(200) ? (uint8_t)('0' + digits[i] % 10) : digits[i];
    }
    return digits;
}

static int random_slot(void) {
    return (int)draw(19) - 1;
}

static void one_call(pc_keystore_t *store) {
    static const size_t sizes[] = {0, 1, 7, 8, 15, 16, 17, 24, 31, 32, 33, 40, 256, 257, 272, 273, 584};
    const size_t size = sizes[draw(17)];
    const size_t other_size = sizes[draw(8)];
    uint8_t *data = random_bytes(size);
    uint8_t *other = random_bytes(other_size);
    uint8_t *digits = random_digits(other_size);
    uint8_t *out = malloc(PC_SEAL_SIZE);
    const int slot = random_slot();
    size_t out_size;
    int flag;
    int status = PC_OK;
    switch (draw(12)) {
        case 0:
        case 1:
            status = pc_keystore_load(store, slot, (int)draw(7), (int)draw(4), data, size, out);
            break;
        case 2:
            status = pc_keystore_load_under(store, slot, (int)draw(7), random_slot(), data, size, other, other_size);
            break;
        case 3:
            status = pc_keystore_load_working(store, slot, random_slot(), random_slot(), data, size);
            break;
        case 4:
            status = pc_keystore_mac(store, slot, (int)draw(6), (int)draw(4), data, size, out, &out_size);
            break;
        case 5:
            status = pc_keystore_verify(store, slot, (int)draw(6), (int)draw(4), data, size, other, other_size, &flag);
            break;
        case 6:
            status = pc_keystore_pin_block(store, slot, (int)draw(2), digits, other_size, data, size, out, &out_size);
            for (size_t i = 0; i < other_size; i++) {
                if (digits[i]) {
                    abort();
                }
            }
            break;
        case 7:
            if (size <= PC_WRAP_MAX) {
                uint8_t *blob = malloc(PC_SIV_TAG + size);
                uint8_t *back = malloc(size ? size : 1);
                status = pc_keystore_wrap(store, slot, data, size, other, other_size, blob);
                if (status == PC_OK &&
                    (pc_keystore_unwrap(store, slot, blob, PC_SIV_TAG + size, other, other_size, back) ||
                     memcmp(back, data, size))) {
                    abort();
                }
                free(blob);
                free(back);
            }
            break;
        case 8:
            status = pc_keystore_unwrap(store, slot, data, size, other, other_size, out);
            break;
        case 9: {
            uint8_t *secret = random_bytes(PC_SEAL_SECRET);
            pc_keystore_t restored;
            pc_keystore_init(&restored);
            if (pc_seal_store(store, secret, PC_SEAL_SECRET, out) ||
                pc_seal_restore(&restored, out, PC_SEAL_SIZE, secret, PC_SEAL_SECRET) ||
                memcmp(restored.slots, store->slots, sizeof store->slots)) {
                abort();
            }
            status = pc_seal_restore(store, data, size, secret, PC_SEAL_SECRET);
            free(secret);
            break;
        }
        case 10:
            status = draw(4) ? pc_keystore_kcv(store, slot, out) : pc_keystore_erase(store, slot);
            break;
        default: {
            pc_mac_stream_t stream;
            status = pc_keystore_stream_start(store, slot, (int)draw(6), (int)draw(4), &stream);
            if (status == PC_OK) {
                status = pc_keystore_stream_update(store, &stream, data, size);
                status = status ? status : pc_keystore_stream_finish(store, &stream, out, &out_size);
            }
        }
    }
    if (status && (!pc_status_argument(status) || !pc_status_reason(status))) {
        abort();
    }
    free(data);
    free(other);
    free(digits);
    free(out);
}

/* Malloc'd and never written: undefined to memcheck. The pointer goes through memory the compiler does not follow. */
static uint8_t *secret_bytes(size_t size) {
    uint8_t *volatile bytes = malloc(size);
    return bytes;
}

static void run_secrets(void) {
    pc_keystore_t store;
    uint8_t out[PC_SEAL_SIZE];
    size_t size;
    uint8_t *const key = secret_bytes(32);
    uint8_t *const text = secret_bytes(100);
    pc_keystore_init(&store);
    /* slots 0, 1, 2: DES of each size; 3, 4, 5: AES of each size; 6: a PIN key */
    for (int parts = 1; parts <= 3; parts++) {
        (void)pc_keystore_load(&store, parts - 1, PC_USAGE_MAC, PC_CIPHER_DES, key, (size_t)parts * 8, out);
        (void)pc_keystore_load(&store, parts + 2, PC_USAGE_DATA, PC_CIPHER_AES, key, (size_t)parts * 8 + 8, out);
    }
    (void)pc_keystore_load(&store, 6, PC_USAGE_PIN, 0, key, 16, out);
    for (int slot = 0; slot < 6; slot++) {
        for (int alg = PC_MAC_ECB_UNIONPAY; alg <= PC_MAC_CMAC; alg++) {
            (void)pc_keystore_mac(&store, slot, alg, PC_PAD_ZEROS, text, 100, out, &size);
            (void)pc_keystore_mac(&store, slot, alg, PC_PAD_ONE_ZEROS, text, 96, out, &size);
        }
        (void)pc_keystore_kcv(&store, slot, out);
    }
    (void)pc_keystore_wrap(&store, 5, text, 100, text, 7, out);
    (void)pc_keystore_wrap(&store, 5, text, 9, text, 16, out);
    (void)pc_seal_store(&store, key, 32, out);
    pc_des_t des;
    pc_des_expand(&des, key, 24);
    pc_des_decrypt(&des, text, out);
    /* the verdict of a comparison is public, the comparison is not */
    (void)pc_memory_equal(key, text, 32);
    free(key);
    free(text);
}

/* The opposite, to show that the check would see it. */
static int run_branch(void) {
    uint8_t *const key = secret_bytes(16);
    pc_des_t des;
    pc_des_expand(&des, key, 16);
    const int status = des.round_keys[1][5] & 1u ? puts("branch") : 0;
    free(key);
    return status < 0;
}

int main(int argc, char **argv) {
    if (argc > 1 && !strcmp(argv[1], "secrets")) {
        run_secrets();
        return 0;
    }
    if (argc > 1 && !strcmp(argv[1], "branch")) {
        return run_branch();
    }
    const int status = pc_selftest_run();
    if (status) {
        fprintf(stderr, "%s: %s\n", pc_status_argument(status), pc_status_reason(status));
        return 1;
    }
    pc_keystore_t store;
    pc_keystore_init(&store);
    for (int i = 0; i < 20000; i++) {
        one_call(&store);
    }
    return 0;
}
