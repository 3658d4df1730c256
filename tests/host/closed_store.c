/* The key store behind a self-test that fails; test_paycrypt_closed.py compiles it with a core that has a wrong constant.
 *
 *   closed_store open            the self-test passes, the calls serve (a core that is right)
 *   closed_store NAME            the self-test names the algorithm NAME, no call serves; prints the status
 *   closed_store stays STATUS    a self-test that failed earlier with STATUS: this core's own passes, no call serves */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keystore.h"
#include "pinblock.h"
#include "seal.h"
#include "status.h"

#define KEK 0
#define PIN 1
#define MAC 2
#define DATA 3
#define DUKPT 4

static pc_keystore_t store;
static pc_health_t health;
#if PC_WITH_STREAM
static pc_mac_stream_t stream;
#endif
static const uint8_t key[32] = {0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0xfe,
                                0xdc, 0xba, 0x98, 0x76, 0x54, 0x32, 0x10, 1};
#if PC_WITH_DUKPT
static pc_dukpt_t dukpt;
static const uint8_t ksn[12] = {0xff, 0xff, 0x98, 0x76, 0x54, 0x32, 0x10, 0xe0};
#endif

static void expect(int good, const char *what) {
    if (!good) {
        fprintf(stderr, "%s\n", what);
        exit(1);
    }
}

#ifdef PC_SET_UNIONPAY
static void refused(int status, int argument) {
    expect(status == PC_INVALID(argument, PC_REASON_UNKNOWN), "what is left out is refused by name");
}
#endif

/* Keys entered while the store is open. */
static void fill(void) {
    uint8_t kcv[PC_KCV];
    expect(pc_keystore_load(&store, KEK, PC_USAGE_KEK, 0, 0, key, 16, kcv) == PC_OK, "load KEK");
    expect(pc_keystore_load(&store, PIN, PC_USAGE_PIN, 0, 0, key, 16, kcv) == PC_OK, "load PIN");
    expect(pc_keystore_load(&store, MAC, PC_USAGE_MAC, 0, 0, key, 16, kcv) == PC_OK, "load MAC");
#if PC_WITH_STREAM
    expect(pc_keystore_stream_start(&store, MAC, PC_MAC_ECB_UNIONPAY, 1, &stream) == PC_OK, "stream_start");
#endif
#if PC_WITH_SIV
    expect(pc_keystore_load(&store, DATA, PC_USAGE_DATA, 0, 0, key, 32, kcv) == PC_OK, "load DATA");
#endif
#if PC_WITH_DUKPT
    uint8_t handed[PC_DUKPT_KSN_MAX];
    size_t size;
    pc_dukpt_init(&dukpt);
    expect(pc_dukpt_start(&dukpt, PC_CIPHER_DES, key, 16, ksn, 10) == PC_OK, "dukpt_start");
    expect(pc_dukpt_next(&dukpt, handed, &size) == PC_OK, "dukpt_next");
    expect(pc_keystore_load(&store, DUKPT, PC_USAGE_DUKPT, 0, 0, key, 16, kcv) == PC_OK, "load DUKPT");
#endif
}

/* Every call that uses or enters a key returns `status`, whatever else it is given. */
static void all_return(int status) {
    static pc_keystore_t before;
    uint8_t out[PC_BLOCK_MAX + PC_SIV_TAG];
    uint8_t digits[4] = {'1', '2', '3', '4'};
    const uint8_t pan[13] = {'4', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '0', '9'};
    const pc_wrapped_key_t wrapped = {key, 16, key, 4, 0, 0, 0, 0, 0};
    size_t size;
    int equal;
    memcpy(&before, &store, sizeof store);
    expect(pc_keystore_load(&store, 9, PC_USAGE_MAC, 0, 0, key, 16, out) == status, "load");
    expect(pc_keystore_load_under(&store, 9, PC_USAGE_MAC, KEK, &wrapped) == status, "load_under");
    expect(pc_keystore_load_working(&store, KEK, 9, 10, 0, key, 24) == status, "load_working");
    expect(pc_keystore_kcv(&store, MAC, 0, out) == status, "kcv");
    expect(pc_keystore_mac(&store, MAC, PC_MAC_CBC, 1, key, 16, out, &size) == status, "mac");
    expect(pc_keystore_verify(&store, MAC, PC_MAC_CBC, 1, key, 16, key, 8, &equal) == status, "verify");
#if PC_WITH_STREAM
    expect(pc_keystore_stream_update(&store, &stream, key, 16) == status, "stream_update");
    expect(pc_keystore_stream_finish(&store, &stream, out, &size) == status, "stream_finish");
    expect(pc_keystore_stream_start(&store, MAC, PC_MAC_CBC, 1, &stream) == status, "stream_start");
#endif
    expect(pc_keystore_pin_block(&store, PIN, 0, digits, 4, pan, 13, 0, 0, out, &size) == status, "pin_block");
    expect(!digits[0] && !digits[1] && !digits[2] && !digits[3], "PIN wiped");
#if PC_WITH_SIV
    static uint8_t blob[PC_SEAL_SIZE];
    expect(pc_seal_store(&store, key, 32, blob) == status, "seal");
    expect(pc_seal_restore(&store, blob, sizeof blob, key, 32) == status, "unseal");
    expect(pc_keystore_wrap(&store, DATA, key, 8, key, 0, out) == status, "wrap");
    expect(pc_keystore_unwrap(&store, DATA, key, 24, key, 0, out) == status, "unwrap");
#endif
#if PC_WITH_TR31
    expect(pc_keystore_load_block(&store, 9, KEK, 0, key, 32, out) == status, "load_block");
#endif
#if PC_WITH_DUKPT
    expect(pc_keystore_dukpt_start(&store, DUKPT, ksn, 10, &dukpt) == status, "dukpt_start");
    expect(pc_keystore_load_derived(&store, 9, &dukpt, PC_DUKPT_PIN, 0, 0) == status, "load_derived");
#endif
    expect(memcmp(&before, &store, sizeof store) == 0, "the store has changed");
}

static void serves(void) {
    uint8_t out[PC_BLOCK_MAX];
    uint8_t digits[4] = {'1', '2', '3', '4'};
    const uint8_t pan[13] = {'4', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '0', '9'};
    size_t size;
    pc_keystore_init(&store, &health);
    expect(health.status == PC_OK, "the self-test fails");
    fill();
    for (int alg = PC_MAC_ECB_UNIONPAY; alg <= PC_MAC_CBC; alg++) {
        expect(pc_keystore_mac(&store, MAC, alg, 1, key, 16, out, &size) == PC_OK && size == 8, "mac");
    }
    expect(pc_keystore_pin_block(&store, PIN, 0, digits, 4, pan, 13, 0, 0, out, &size) == PC_OK, "pin_block");
#if PC_WITH_SIV
    static uint8_t blob[PC_SEAL_SIZE];
    expect(pc_seal_store(&store, key, 32, blob) == PC_OK, "seal");
    expect(pc_seal_restore(&store, blob, sizeof blob, key, 32) == PC_OK, "unseal");
#endif
#ifdef PC_SET_UNIONPAY
    for (int kind = PC_CIPHER_AES; kind <= PC_CIPHER_SM4; kind++) {
        refused(pc_keystore_load(&store, 9, PC_USAGE_MAC, kind, 0, key, 16, out), PC_ARG_CIPHER);
    }
    refused(pc_keystore_load(&store, 9, PC_USAGE_MAC, 0, 1, key, 16, out), PC_ARG_STRICT);
    refused(pc_keystore_mac(&store, MAC, PC_MAC_CMAC, 1, key, 16, out, &size), PC_ARG_ALG);
    for (int fmt = 1; fmt <= 4; fmt++) {
        refused(pc_keystore_pin_block(&store, PIN, fmt, digits, 4, pan, 13, 0, 0, out, &size), PC_ARG_FMT);
    }
#endif
}

int main(int argc, char **argv) {
    health.status = PC_HEALTH_UNTESTED;
    if (argc == 2 && !strcmp(argv[1], "open")) {
        serves();
        return 0;
    }
    if (argc == 3 && !strcmp(argv[1], "stays")) {
        pc_health_t own = {PC_HEALTH_UNTESTED};
        expect(pc_selftest_run(&own) == PC_OK, "this core is right");
        pc_keystore_init(&store, &own);
        fill();
        health.status = atoi(argv[2]);
        store.health = &health;
        expect(pc_selftest_run(&health) == atoi(argv[2]) && health.status == atoi(argv[2]), "a later run reopens it");
        all_return(health.status);
        return 0;
    }
    expect(argc == 2, "usage");
    /* keys that were entered before, as in a store that outlives the fault */
    health.status = PC_OK;
    pc_keystore_init(&store, &health);
    fill();
    const int status = pc_selftest_run(&health);
    expect(status < 0 && !strcmp(pc_status_argument(status), argv[1]), pc_status_argument(status));
    expect(!strcmp(pc_status_reason(status), "known answer differs"), "reason");
    all_return(status);
    /* and a store that begins now */
    health.status = PC_HEALTH_UNTESTED;
    pc_keystore_init(&store, &health);
    expect(health.status == status, "the first store runs the self-test");
    all_return(status);
    printf("%d\n", status);
    return 0;
}
