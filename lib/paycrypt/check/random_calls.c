/* Every call of the key store with valid and invalid arguments in pseudo-random order, each buffer of exactly the right size:
 * for the address and undefined behaviour sanitizers.
 *
 *   gcc -std=c99 -g -fsanitize=address,undefined -I../core ../core/[all].c random_calls.c && ./a.out
 *
 * This and the other programs here also build with -DPC_SET_UNIONPAY. */
#include <string.h>

#include "check.h"
#include "keystore.h"
#include "memory.h"
#include "pinblock.h"
#include "seal.h"
#include "status.h"

#define CALLS 40000
#define OUT_MAX 1100 /* bytes of the longest result, a sealed derivation state */

static pc_keystore_t store;
#if PC_WITH_DUKPT
static pc_dukpt_t dukpt;
#endif

/* What a call may use: buffers of sizes that matter, numbers a little beyond what is allowed. */
struct material {
    size_t size;
    size_t other_size;
    uint8_t *data;
    uint8_t *other;
    uint8_t *digits;
    uint8_t *out;
    int slot;
    int alg;
    int pad;
};

static void expect(int good) {
    if (!good) {
        abort();
    }
}

static int slot_number(void) {
    return (int)check_draw(19) - 1;
}

static int call_load(struct material *m) {
    return pc_keystore_load(&store, m->slot, (int)check_draw(7), (int)check_draw(5), (int)check_draw(2), m->data, m->size,
                            m->out);
}

static int call_load_under(struct material *m) {
    const pc_wrapped_key_t wrapped = {m->data, m->size, m->other, m->other_size, check_draw(2) ? m->digits : 0,
                                      m->other_size, (int)check_draw(5), (int)check_draw(4), (int)check_draw(2)};
    return pc_keystore_load_under(&store, m->slot, (int)check_draw(7), slot_number(), &wrapped);
}

static int call_load_working(struct material *m) {
    return pc_keystore_load_working(&store, m->slot, slot_number(), slot_number(), (int)check_draw(2), m->data, m->size);
}

#if PC_WITH_TR31
static int call_load_block(struct material *m) {
    static const char block[] = "A0072P0TE00E0000F5161ED902807AF26F1D62263644BD24192FDB3193C730301CEE8701";
    uint8_t *const text = malloc(sizeof block - 1);
    memcpy(text, block, sizeof block - 1);
    text[check_draw(sizeof block - 1)] = (uint8_t)check_draw(256);
    (void)pc_keystore_load_block(&store, m->slot, slot_number(), 0, text, sizeof block - 1, m->out);
    free(text);
    return pc_keystore_load_block(&store, m->slot, slot_number(), 0, m->data, m->size, m->out);
}
#endif

static int call_mac(struct material *m) {
    size_t size;
    return pc_keystore_mac(&store, m->slot, m->alg, m->pad, m->data, m->size, m->out, &size);
}

static int call_verify(struct material *m) {
    int equal;
    return pc_keystore_verify(&store, m->slot, m->alg, m->pad, m->data, m->size, m->other, m->other_size, &equal);
}

#if PC_WITH_STREAM
static int call_stream(struct material *m) {
    pc_mac_stream_t stream;
    size_t size;
    int status = pc_keystore_stream_start(&store, m->slot, m->alg, m->pad, &stream);
    if (status == PC_OK) {
        (void)pc_keystore_stream_update(&store, &stream, m->other, m->other_size);
        status = pc_keystore_stream_update(&store, &stream, m->data, m->size);
        status = status ? status : pc_keystore_stream_finish(&store, &stream, m->out, &size);
    }
    return status;
}

#endif

static int call_pin_block(struct material *m) {
    const int fmt = (int)check_draw(6);
    const size_t fill_size = check_draw(8) ? pc_pinblock_fill(fmt) : m->other_size;
    uint8_t *const fill = check_draw(8) ? check_bytes(fill_size) : 0;
    size_t size;
    const int status = pc_keystore_pin_block(&store, m->slot, fmt, m->digits, m->other_size, m->data, m->size, fill, fill_size,
                                             m->out, &size);
    for (size_t i = 0; i < m->other_size; i++) {
        expect(m->digits[i] == 0);
    }
    for (size_t i = 0; fill && i < fill_size; i++) {
        expect(fill[i] == 0);
    }
    free(fill);
    return status;
}

#if PC_WITH_SIV
static int call_wrap(struct material *m) {
    uint8_t *const blob = malloc(PC_SIV_TAG + m->size);
    uint8_t *const back = malloc(m->size ? m->size : 1);
    const int status = pc_keystore_wrap(&store, m->slot, m->data, m->size, m->other, m->other_size, blob);
    if (status == PC_OK && store.slots[m->slot].modes & PC_MODE_DECRYPT) {
        expect(pc_keystore_unwrap(&store, m->slot, blob, PC_SIV_TAG + m->size, m->other, m->other_size, back) == PC_OK);
        expect(memcmp(back, m->data, m->size) == 0);
    }
    free(blob);
    free(back);
    return status;
}

static int call_unwrap(struct material *m) {
    return pc_keystore_unwrap(&store, m->slot, m->data, m->size, m->other, m->other_size, m->out);
}

static int call_seal(struct material *m) {
    static pc_keystore_t restored;
    uint8_t *const secret = check_bytes(PC_SEAL_SECRET);
    pc_keystore_init(&restored, store.health);
    expect(pc_seal_store(&store, secret, PC_SEAL_SECRET, m->out) == PC_OK);
    expect(pc_seal_restore(&restored, m->out, PC_SEAL_SIZE, secret, PC_SEAL_SECRET) == PC_OK);
    expect(memcmp(restored.slots, store.slots, sizeof store.slots) == 0);
    const int status = pc_seal_restore(&store, m->data, m->size, secret, check_draw(4) ? PC_SEAL_SECRET : m->other_size);
    free(secret);
    return status;
}

#endif

#if PC_WITH_DUKPT
static int call_dukpt(struct material *m) {
    size_t size;
    switch (check_draw(5)) {
        case 0:
            return pc_keystore_dukpt_start(&store, m->slot, m->data, m->size, &dukpt);
        case 1:
            return pc_dukpt_next(&dukpt, m->out, &size);
        case 2:
            return pc_dukpt_skip(&dukpt, m->data, m->size);
        case 3:
            (void)pc_dukpt_ksn(&dukpt, m->out, &size);
            pc_dukpt_finish(&dukpt);
            return PC_OK;
        default:
            return pc_keystore_load_derived(&store, m->slot, &dukpt, (int)check_draw(7), (int)check_draw(5), m->size);
    }
}

static int call_seal_dukpt(struct material *m) {
    static pc_dukpt_t restored;
    uint8_t *const secret = check_bytes(PC_SEAL_SECRET);
    size_t size;
    if (pc_seal_dukpt(&dukpt, secret, PC_SEAL_SECRET, m->out, &size) == PC_OK) {
        expect(pc_seal_dukpt_restore(&restored, m->out, size, secret, PC_SEAL_SECRET) == PC_OK);
        expect(memcmp(restored.registers, dukpt.registers, sizeof dukpt.registers) == 0 && restored.counter == dukpt.counter);
    }
    const int status = pc_seal_dukpt_restore(&dukpt, m->data, m->size, secret, PC_SEAL_SECRET);
    free(secret);
    return status;
}

#endif

static int call_small(struct material *m) {
    int usage;
    (void)pc_keystore_usage(&store, m->slot, &usage);
    return check_draw(4) ? pc_keystore_kcv(&store, m->slot, (int)check_draw(4) - 1, m->out)
                         : pc_keystore_erase(&store, m->slot);
}

static int (*const calls[])(struct material *) = {
    call_load, call_load, call_load, call_load_under, call_load_working, call_mac, call_verify, call_pin_block, call_small,
#if PC_WITH_ALL
    call_load_block, call_stream, call_wrap, call_unwrap, call_seal, call_dukpt, call_seal_dukpt,
#endif
};

static void one_call(void) {
    static const size_t sizes[] = {0, 1, 4, 6, 8, 10, 12, 13, 16, 19, 24, 32, 33, 40, 256, 257, 272, 273, 616};
    struct material m = {.size = sizes[check_draw(19)], .other_size = sizes[check_draw(12)]};
    m.data = check_bytes(m.size);
    m.other = check_bytes(m.other_size);
    m.digits = check_bytes(m.other_size);
    m.out = malloc(OUT_MAX);
    m.slot = slot_number();
    m.alg = (int)check_draw(6);
    m.pad = (int)check_draw(4);
    for (size_t i = 0; i < m.other_size; i++) {
        m.digits[i] = check_draw(200) ? (uint8_t)('0' + m.digits[i] % 10) : m.digits[i];
    }
    for (size_t i = 0; i < m.size && check_draw(3) == 0; i++) {
        m.data[i] = (uint8_t)('0' + m.data[i] % 10);
    }
    const int status = calls[check_draw(sizeof calls / sizeof calls[0])](&m);
    expect(status == PC_OK || (*pc_status_argument(status) && *pc_status_reason(status)));
    free(m.data);
    free(m.other);
    free(m.digits);
    free(m.out);
}

int main(void) {
    pc_health_t health = {PC_HEALTH_UNTESTED};
    pc_keystore_init(&store, &health);
#if PC_WITH_DUKPT
    pc_dukpt_init(&dukpt);
#endif
    if (health.status) {
        return 1;
    }
    for (int i = 0; i < CALLS; i++) {
        one_call();
    }
    return 0;
}
