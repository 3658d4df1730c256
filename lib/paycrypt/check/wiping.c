/* Nothing secret is left behind: each call of the store runs on a stack of its own, which is then searched for every word of
 * the keys, of their expanded forms, of PINs and clear PIN blocks, in both byte orders; so are stores and buffers where the call
 * must not have left any.
 *
 *   gcc -std=gnu99 -g -Os -I../core ../core/[all].c wiping.c
 *   ./a.out            exit status 1 and a line for each remains
 *   ./a.out leak       shows that the search finds some, exit status 0: ciphers used without the store's burning */
#include <stdio.h>
#include <string.h>
#include <ucontext.h>

#include "check.h"
#include "host.h"
#include "keystore.h"
#include "memory.h"
#include "pinblock.h"
#include "seal.h"
#include "status.h"
#include "tr31.h"

#define STACK 65536
#define NEEDLES 4096

static uint8_t stack[STACK] __attribute__((aligned(16)));
static ucontext_t main_context;
static ucontext_t call_context;

static uint32_t needles[NEEDLES];
static unsigned needle_count;
static int failures;

static pc_keystore_t store;
static pc_health_t health = {PC_HEALTH_UNTESTED};
#if PC_WITH_DUKPT
static pc_dukpt_t dukpt;
#endif

/* Words that addresses, counters and flags look like are left out. */
static void add_needle(uint32_t word) {
    const int bits = __builtin_popcount(word);
    int plain = 0;
    for (int i = 0; i < 32; i += 8) {
        plain += (uint8_t)(word >> i) == 0 || (uint8_t)(word >> i) == 0xff;
    }
    if (bits > 7 && bits < 25 && plain < 2 && needle_count + 2 <= NEEDLES) {
        needles[needle_count++] = word;
        needles[needle_count++] = __builtin_bswap32(word);
    }
}

/* Every four neighbouring bytes of a secret. */
static void add_bytes(const void *bytes, size_t size) {
    for (size_t i = 0; i + 4 <= size; i++) {
        uint32_t word;
        memcpy(&word, (const uint8_t *)bytes + i, 4);
        add_needle(word);
    }
}

/* A key and what is computed from it. */
static void add_key(int cipher, const uint8_t *key, size_t size) {
    static pc_cipher_t expanded;
    add_bytes(key, size);
    memset(&expanded, 0, sizeof expanded);
    pc_cipher_expand(&expanded, cipher, key, size);
    for (size_t i = 0; i + 4 <= sizeof expanded.key; i += 4) {
        add_bytes((const uint8_t *)&expanded.key + i, 4);
    }
}

static void search(const char *what, const char *where, const uint8_t *memory, size_t size) {
    for (size_t i = 0; i + 4 <= size; i++) {
        uint32_t word;
        memcpy(&word, memory + i, 4);
        for (unsigned n = 0; n < needle_count; n++) {
            if (needles[n] == word) {
                printf("%s: a secret word is left %zu bytes below the top of the %s\n", what, size - i, where);
                failures++;
                return;
            }
        }
    }
}

static int (*running)(void);
static int result;

static void run(void) {
    result = running();
}

/* Run `call` on a stack full of zeros, then search that stack. */
static void watch(const char *what, int (*call)(void), int good) {
    memset(stack, 0, sizeof stack);
    running = call;
    getcontext(&call_context);
    call_context.uc_stack.ss_sp = stack;
    call_context.uc_stack.ss_size = sizeof stack;
    call_context.uc_link = &main_context;
    makecontext(&call_context, run, 0);
    swapcontext(&main_context, &call_context);
    if ((result == PC_OK) != good) {
        printf("%s: status %s %s\n", what, pc_status_argument(result), pc_status_reason(result));
        failures++;
    }
    search(what, "stack", stack, sizeof stack);
}

/* --- what the calls work on: real values, no pointers on their stack lead to anything secret but these ------------------ */

static uint8_t key[64];
static uint8_t text[100];
static uint8_t secret[32];
static uint8_t field62[40];
static uint8_t cryptogram[16];
static uint8_t kcv[PC_KCV];
static uint8_t out[1100];
#if PC_WITH_ALL
static uint8_t blob[PC_SEAL_SIZE];
static uint8_t derived_blob[PC_SEAL_DUKPT_MAX];
static size_t derived_size;
#endif
static uint8_t pin[12];
static uint8_t fill[PC_PINBLOCK_FILL_MAX];
static size_t out_size;
static int flag;
static int cipher;
static int alg;
static int fmt;
#if PC_WITH_DUKPT
static const uint8_t ksn[12] = {0xff, 0xff, 0x98, 0x76, 0x54, 0x32, 0x10, 0xe0};
#endif
static const char pan[] = "6225880137000001234";

static int do_load(void) { return pc_keystore_load(&store, 1, PC_USAGE_MAC, cipher, PC_WITH_STRICT, key, 16, kcv); }
#if PC_WITH_STRICT
static int do_load_weak(void) {
    static const uint8_t weak[8] = {0x1f, 0xe0, 0x1f, 0xe0, 0x0e, 0xf1, 0x0e, 0xf1};
    return pc_keystore_load(&store, 2, PC_USAGE_MAC, PC_CIPHER_DES, 1, weak, 8, kcv);
}
#endif
static int do_mac(void) { return pc_keystore_mac(&store, 1, alg, PC_PAD_ZEROS, text, sizeof text, out, &out_size); }
static int do_verify(void) { return pc_keystore_verify(&store, 1, alg, PC_PAD_ZEROS, text, sizeof text, text, 8, &flag); }
#if PC_WITH_STREAM
static int do_stream(void) {
    static pc_mac_stream_t stream;
    int status = pc_keystore_stream_start(&store, 1, alg, PC_PAD_ZEROS, &stream);
    status = status ? status : pc_keystore_stream_update(&store, &stream, text, 50);
    return status ? status : pc_keystore_stream_finish(&store, &stream, out, &out_size);
}
#endif
static int do_kcv(void) { return pc_keystore_kcv(&store, 1, PC_WITH_CMAC ? PC_KCV_CMAC : PC_KCV_LEGACY, kcv); }
static int do_load_working(void) { return pc_keystore_load_working(&store, 3, 4, 5, PC_WITH_STRICT, field62, sizeof field62); }
static int do_load_under(void) {
    const pc_wrapped_key_t wrapped = {cryptogram, 16, kcv, PC_KCV, 0, 0, cipher, PC_KCV_LEGACY, PC_WITH_STRICT};
    return pc_keystore_load_under(&store, 6, PC_USAGE_MAC, 3, &wrapped);
}
#if PC_WITH_TR31
static const char *block;
static int do_load_block(void) {
    return pc_keystore_load_block(&store, 7, 3, 1, (const uint8_t *)block, strlen(block), kcv);
}
#endif
static int do_pin_block(void) {
    return pc_keystore_pin_block(&store, 8, fmt, pin, 12, (const uint8_t *)pan, sizeof pan - 1, fill, pc_pinblock_fill(fmt), out,
                                 &out_size);
}
#if PC_WITH_ALL
static int do_wrap(void) { return pc_keystore_wrap(&store, 9, text, sizeof text, (const uint8_t *)pan, 4, out); }
static int do_unwrap(void) { return pc_keystore_unwrap(&store, 9, out, 116, (const uint8_t *)pan, 4, text); }
static int do_seal(void) { return pc_seal_store(&store, secret, 32, blob); }
static int do_unseal(void) { return pc_seal_restore(&store, blob, sizeof blob, secret, 32); }
static int do_start(void) { return pc_keystore_dukpt_start(&store, 10, ksn, cipher == PC_CIPHER_DES ? 10 : 12, &dukpt); }
static int do_next(void) { return pc_dukpt_next(&dukpt, out, &out_size); }
static int do_skip(void) { return pc_dukpt_skip(&dukpt, out, out_size); }
static int do_derive(void) { return pc_keystore_load_derived(&store, 11, &dukpt, PC_DUKPT_PIN, 0, 0); }
static int do_seal_dukpt(void) { return pc_seal_dukpt(&dukpt, secret, 32, derived_blob, &derived_size); }
static int do_unseal_dukpt(void) { return pc_seal_dukpt_restore(&dukpt, derived_blob, derived_size, secret, 32); }
#endif
static int do_leak(void) {
    pc_cipher_t expanded;
    pc_cipher_expand(&expanded, cipher, key, 16);
    pc_cipher_encrypt(&expanded, text, out);
    return PC_OK;
}

static void put_key(int slot, int usage, int kind, const uint8_t *bytes, size_t size) {
    if (pc_keystore_load(&store, slot, usage, kind, 0, bytes, size, kcv)) {
        abort();
    }
}

static void watch_codes(void) {
    for (cipher = PC_CIPHER_DES; cipher <= PC_CIPHER_SM4 && pc_cipher_takes(cipher, 16); cipher++) {
        needle_count = 0;
        add_key(cipher, key, 16);
        watch("load", do_load, 1);
        for (alg = PC_MAC_ECB_UNIONPAY; alg <= PC_MAC_CMAC; alg++) {
            const int known = alg != PC_MAC_CMAC || PC_WITH_CMAC;
            const int offered = known && (cipher == PC_CIPHER_DES || alg == PC_MAC_CBC || alg == PC_MAC_CMAC ||
                                          (cipher == PC_CIPHER_SM4 && alg == PC_MAC_ECB_UNIONPAY));
            watch("mac", do_mac, offered);
            watch("verify", do_verify, offered);
#if PC_WITH_STREAM
            watch("mac_stream", do_stream, offered);
#endif
        }
        watch("kcv", do_kcv, 1);
    }
#if PC_WITH_STRICT
    needle_count = 0;
    add_needle(0x1fe01fe0);
    add_needle(0x0ef10ef1);
    watch("load, weak", do_load_weak, 0);
    search("load, weak", "store", (const uint8_t *)&store, sizeof store);
#endif
}

static void watch_loading(void) {
    for (cipher = PC_CIPHER_DES; cipher <= PC_CIPHER_SM4 && pc_cipher_takes(cipher, 16); cipher++) {
        put_key(3, PC_USAGE_KEK, cipher, key, 16);
        host_part(cipher, key, key + 16, field62);
        host_part(cipher, key, key + 32, field62 + 20);
        memcpy(cryptogram, field62, 16);
        memcpy(kcv, field62 + 16, PC_KCV);
        needle_count = 0;
        add_key(cipher, key, 16);
        add_key(cipher, key + 16, 16);
        add_key(cipher, key + 32, 16);
        watch("load_working", do_load_working, 1);
        watch("load_under", do_load_under, 1);
        pc_keystore_erase_all(&store);
        put_key(3, PC_USAGE_KEK, cipher, key, 16);
        needle_count = 0;
        add_key(cipher, key + 16, 16);
        add_key(cipher, key + 32, 16);
        field62[36] ^= 1;
        kcv[0] ^= 1;
        watch("load_working, wrong check value", do_load_working, 0);
        memcpy(kcv, "\1\2\3\4", PC_KCV);
        watch("load_under, wrong check value", do_load_under, 0);
        search("loading, wrong check value", "store", (const uint8_t *)&store, sizeof store);
    }
}

#if PC_WITH_TR31
static void watch_blocks(void) {
    for (int i = 0; i < 3; i++) {
        static char changed[128];
        const int kind = i == 2 ? PC_CIPHER_AES : PC_CIPHER_DES;
        const size_t size = i == 2 ? 32 : 16;
        put_key(3, PC_USAGE_KEK, kind, host_blocks[i].kbpk, size);
        needle_count = 0;
        add_key(kind, host_blocks[i].kbpk, size);
        add_key(kind, host_blocks[i].inside, 16);
        block = host_blocks[i].block;
        watch("load_block", do_load_block, 1);
        strcpy(changed, block);
        changed[strlen(changed) - 1] = changed[strlen(changed) - 1] == '0' ? '1' : '0';
        block = changed;
        watch("load_block, changed", do_load_block, 0);
    }
}

#endif

/* Byte by byte, so that no register of this program holds four of the digits. */
static void set_pin(const char *digits) {
    for (size_t i = 0; i < sizeof pin; i++) {
        ((volatile uint8_t *)pin)[i] = (uint8_t)digits[i];
    }
    memcpy(fill, key, sizeof fill);
}

static void watch_pins(void) {
    static const int formats[5][2] = {{0, PC_CIPHER_DES}, {1, PC_CIPHER_DES}, {3, PC_CIPHER_DES}, {4, PC_CIPHER_AES},
                                      {0, PC_CIPHER_SM4}};
    for (int i = 0; i < (PC_WITH_FORMATS ? 5 : 1); i++) {
        static const uint8_t packed[6] = {0x83, 0x95, 0x17, 0x40, 0x62, 0x71};
        uint8_t clear[32];
        fmt = formats[i][0];
        put_key(8, PC_USAGE_PIN, formats[i][1], key, 16);
        needle_count = 0;
        add_key(formats[i][1], key, 16);
        add_bytes("839517406271", 12);
        add_bytes(packed, sizeof packed);
        set_pin("839517406271");
        const pc_pin_t entry = {pin, 12, (const uint8_t *)pan, sizeof pan - 1, fill};
#if PC_WITH_FORMATS
        if (fmt == 4) {
            (void)pc_pinblock_encode_format4(&entry, clear, clear + 16);
        } else
#endif
        {
            (void)pc_pinblock_encode(fmt, &entry, clear, pc_cipher_block(formats[i][1]));
        }
        add_bytes(clear, pc_cipher_block(formats[i][1]));
        watch("pin_block", do_pin_block, 1);
        search("pin_block", "PIN buffer", pin, sizeof pin);
        search("pin_block", "fill", fill, pc_pinblock_fill(fmt));
        set_pin("8395174062x1");
        watch("pin_block, wrong digit", do_pin_block, 0);
        search("pin_block, wrong digit", "PIN buffer", pin, sizeof pin);
    }
}

#if PC_WITH_ALL
static void watch_blobs(void) {
    put_key(9, PC_USAGE_DATA, 0, key, 32);
    needle_count = 0;
    add_key(PC_CIPHER_AES, key, 16);
    add_key(PC_CIPHER_AES, key + 16, 16);
    add_bytes(text, sizeof text);
    watch("wrap", do_wrap, 1);
    watch("unwrap", do_unwrap, 1);
    out[20] ^= 1;
    watch("unwrap, changed", do_unwrap, 0);
    needle_count = 0;
    add_key(PC_CIPHER_AES, secret, 16);
    add_key(PC_CIPHER_AES, secret + 16, 16);
    add_bytes(key, sizeof key);
    watch("seal", do_seal, 1);
    watch("unseal", do_unseal, 1);
    blob[99] ^= 1;
    watch("unseal, changed", do_unseal, 0);
}

static void watch_derivation(void) {
    for (cipher = PC_CIPHER_DES; cipher <= PC_CIPHER_AES; cipher++) {
        pc_keystore_erase_all(&store);
        put_key(10, PC_USAGE_DUKPT, cipher, key, 16);
        needle_count = 0;
        add_key(cipher, key, 16);
        watch("dukpt start", do_start, 1);
        search("dukpt start", "store", (const uint8_t *)&store, sizeof store);
        search("dukpt start", "state", (const uint8_t *)&dukpt, sizeof dukpt);
        for (int i = 0; i < 8; i++) {
            needle_count = 0;
            for (int r = 0; r < 4; r++) {
                add_key(cipher, dukpt.registers[r], 16);
            }
            watch("dukpt next", do_next, 1);
            add_key(cipher, dukpt.current, 16);
            watch("dukpt load", do_derive, 1);
            watch("dukpt seal", do_seal_dukpt, 1);
            watch("dukpt unseal", do_unseal_dukpt, 1);
        }
        out[out_size - 1] |= 0x10;
        watch("dukpt skip", do_skip, 1);
    }
}

#endif

int main(int argc, char **argv) {
    uint8_t *const random = check_bytes(64 + 100 + 32);
    memcpy(key, random, 64);
    memcpy(text, random + 64, 100);
    memcpy(secret, random + 164, 32);
    pc_keystore_init(&store, &health);
    if (argc > 1 && !strcmp(argv[1], "leak")) {
        for (cipher = PC_CIPHER_DES; cipher <= PC_CIPHER_SM4 && pc_cipher_takes(cipher, 16); cipher++) {
            const int before = failures;
            needle_count = 0;
            add_key(cipher, key, 16);
            watch("leak", do_leak, 1);
            if (failures == before) {
                return 1;
            }
        }
        return 0;
    }
    watch_codes();
    watch_loading();
    watch_pins();
#if PC_WITH_ALL
    watch_blocks();
    watch_blobs();
    watch_derivation();
#endif
    free(random);
    return failures != 0;
}
