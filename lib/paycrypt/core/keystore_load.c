/* Keys entering the store: clear, under another key, in a sign-in answer, in a key block, derived. */
#include "keystore.h"
#include "memory.h"
#include "slots.h"
#include "status.h"
#if PC_WITH_TR31
#include "tr31.h"
#endif

#if PC_WITH_STRICT
/* The weak and semi-weak keys (SP 800-67 section 3.3.2) are those whose halves C and D are each all zeros, all ones or
 * alternating. Without their parity bits they read a b a b c d c d, each byte one of these four, c going with a, d with b. */
static const uint8_t weak_left[4] = {0x00, 0x1e, 0xe0, 0xfe};
static const uint8_t weak_right[4] = {0x00, 0x0e, 0xf0, 0xfe};

static uint32_t is_zero(uint32_t value) {
    return (value - 1) >> 31 & ~value >> 31;
}

/* 1 when bytes `left` and `right` of the key are a pair of that pattern. */
static uint32_t weak_pair(uint32_t left, uint32_t right) {
    uint32_t found = 0;
    for (unsigned i = 0; i < 4; i++) {
        found |= is_zero((left ^ weak_left[i]) | (right ^ weak_right[i]));
    }
    return found;
}

/* 1 for a weak or semi-weak key, 0 for another one, without a branch on the key. */
static uint32_t weak_part(const uint8_t part[PC_DES_KEY]) {
    uint32_t b[PC_DES_KEY];
    for (unsigned i = 0; i < PC_DES_KEY; i++) {
        b[i] = part[i] & 0xfeu;
    }
    const uint32_t repeats = is_zero((b[0] ^ b[2]) | (b[1] ^ b[3]) | (b[4] ^ b[6]) | (b[5] ^ b[7]));
    return repeats & weak_pair(b[0], b[4]) & weak_pair(b[1], b[5]);
}

static uint32_t equal_parts(const uint8_t *left, const uint8_t *right) {
    uint32_t difference = 0;
    for (unsigned i = 0; i < PC_DES_KEY; i++) {
        difference |= (uint32_t)(left[i] ^ right[i]) & 0xfeu;
    }
    return is_zero(difference);
}

PC_APART int pc_slots_strength(const pc_slot_t *fresh, int strict, int argument) {
    uint32_t weak = 0;
    uint32_t equal = 0;
    if (!strict || fresh->cipher != PC_CIPHER_DES) {
        return PC_OK;
    }
    for (unsigned at = 0; at < fresh->size; at += PC_DES_KEY) {
        weak |= weak_part(fresh->key + at);
        equal |= at ? equal_parts(fresh->key + at - PC_DES_KEY, fresh->key + at) : 0;
    }
    if (pc_memory_public((int)weak)) {
        return PC_INVALID(argument, PC_REASON_WEAK);
    }
    return pc_memory_public((int)equal) ? PC_INVALID(argument, PC_REASON_EQUAL_PARTS) : PC_OK;
}
#else
int pc_slots_strength(const pc_slot_t *fresh, int strict, int argument) {
    (void)fresh;
    (void)argument;
    return strict ? PC_INVALID(PC_ARG_STRICT, PC_REASON_UNKNOWN) : PC_OK;
}
#endif

/* Check value out, key into its slot; or the status, and the key wiped. */
PC_APART static int finish(pc_keystore_t *store, int slot, pc_slot_t *fresh, int status, uint8_t *kcv) {
    uint8_t value[PC_KCV_MAX];
    if (status == PC_OK && kcv) {
        pc_slots_kcv(fresh, 0, value);
        pc_memory_copy(kcv, value, PC_KCV);
    }
    if (status == PC_OK) {
        pc_slots_commit(store, slot, fresh);
    } else {
        pc_memory_wipe(fresh, sizeof *fresh);
    }
    pc_memory_burn_deep();
    return status;
}

int pc_keystore_load(pc_keystore_t *store, int slot, int usage, int cipher, int strict, const uint8_t *key, size_t size,
                     uint8_t kcv[PC_KCV]) {
    pc_slot_t fresh;
    int status = pc_slots_enter(store, slot, PC_ARG_SLOT);
    status = status ? status : pc_slots_kind(usage, cipher);
    if (status) {
        return status;
    }
    cipher = pc_slots_cipher(usage, cipher, size);
    if (!pc_slots_permits(usage, cipher, size)) {
        return PC_INVALID(PC_ARG_KEY, PC_REASON_LENGTH);
    }
    pc_slots_fill(&fresh, usage, cipher, key, size);
    return finish(store, slot, &fresh, pc_slots_strength(&fresh, strict, PC_ARG_KEY), kcv);
}

/* Decrypt the key in `fresh` under `kek` in place; 1 when its check value begins with `kcv`. */
PC_APART static int recover(const pc_slot_t *kek, const uint8_t *iv, pc_slot_t *fresh, int method, const uint8_t *kcv,
                   size_t kcv_size) {
    pc_cipher_t cipher;
    uint8_t actual[PC_KCV_MAX];
    pc_cipher_expand(&cipher, kek->cipher, kek->key, kek->size);
    pc_cipher_decrypt_text(&cipher, iv, fresh->key, fresh->size);
    pc_slots_kcv(fresh, method, actual);
    return pc_memory_public(pc_memory_equal(actual, kcv, kcv_size));
}

int pc_keystore_load_under(pc_keystore_t *store, int slot, int usage, int kek, const pc_wrapped_key_t *wrapped) {
    const pc_slot_t *found;
    pc_slot_t fresh;
    int cipher = wrapped->cipher;
    const size_t size = wrapped->size;
    int status = pc_slots_enter(store, slot, PC_ARG_SLOT);
    status = status ? status : pc_slots_find(store, kek, PC_ARG_KEK, PC_USAGE_BIT(PC_USAGE_KEK), PC_MODE_DECRYPT, &found);
    status = status ? status : pc_slots_kind(usage, cipher);
    if (status) {
        return status;
    }
    const size_t block = pc_cipher_block(found->cipher);
    if (cipher == 0 && size == 16) {
        cipher = found->cipher;
    }
    cipher = pc_slots_cipher(usage, cipher, size);
    if ((size & (block - 1)) || !pc_slots_permits(usage, cipher, size)) {
        return PC_INVALID(PC_ARG_CRYPTOGRAM, PC_REASON_LENGTH);
    }
    if (wrapped->iv && wrapped->iv_size != block) {
        return PC_INVALID(PC_ARG_IV, PC_REASON_LENGTH);
    }
    if (wrapped->kcv_size < PC_KCV_MIN || wrapped->kcv_size > PC_KCV_MAX) {
        return PC_INVALID(PC_ARG_KCV, PC_REASON_LENGTH);
    }
    if (!PC_KCV_OFFERED(wrapped->kcv_method)) {
        return PC_INVALID(PC_ARG_KCV_METHOD, PC_REASON_UNKNOWN);
    }
    pc_slots_fill(&fresh, usage, cipher, wrapped->cryptogram, size);
    if (recover(found, wrapped->iv, &fresh, wrapped->kcv_method, wrapped->kcv, wrapped->kcv_size)) {
        status = pc_slots_strength(&fresh, wrapped->strict, PC_ARG_CRYPTOGRAM);
    } else {
        status = PC_INVALID(PC_ARG_KCV, PC_REASON_DIFFERS);
    }
    return finish(store, slot, &fresh, status, 0);
}

/* The three slots of a sign-in: usable and different. */
static int check_working_slots(const pc_keystore_t *store, int kek, int pin_slot, int mac_slot, const pc_slot_t **found) {
    int status = pc_slots_find(store, kek, PC_ARG_KEK, PC_USAGE_BIT(PC_USAGE_KEK), PC_MODE_DECRYPT, found);
    status = status ? status : pc_slots_check(pin_slot, PC_ARG_PIN_SLOT);
    status = status ? status : pc_slots_check(mac_slot, PC_ARG_MAC_SLOT);
    if (status == PC_OK && pin_slot == kek) {
        status = PC_INVALID(PC_ARG_PIN_SLOT, PC_REASON_SAME_SLOT);
    }
    if (status == PC_OK && (mac_slot == kek || mac_slot == pin_slot)) {
        status = PC_INVALID(PC_ARG_MAC_SLOT, PC_REASON_SAME_SLOT);
    }
    return status;
}

int pc_keystore_load_working(pc_keystore_t *store, int kek, int pin_slot, int mac_slot, int strict,
                             const uint8_t *field62, size_t size) {
    static const uint8_t zeros[8] = {0};
    const pc_slot_t *found;
    pc_slot_t pin_key;
    pc_slot_t mac_key;
    int status = check_working_slots(store, kek, pin_slot, mac_slot, &found);
    if (status) {
        return status;
    }
    const int cipher = found->cipher;
    if (size != 40 && (size != 24 || cipher != PC_CIPHER_DES)) {
        return PC_INVALID(PC_ARG_FIELD62, PC_REASON_LENGTH);
    }
    const size_t key_size = size / 2 - PC_KCV;
    const uint8_t *const pin_kcv = field62 + key_size;
    const uint8_t *const mac_part = pin_kcv + PC_KCV;
    const uint8_t *const mac_kcv = mac_part + key_size;
    size_t mac_size = key_size;
    /* the field came over the line: that it is padded is no secret */
    if (cipher == PC_CIPHER_DES && key_size == 16 && pc_memory_equal(mac_part + 8, zeros, 8)) {
        mac_size = 8;
    }
    pc_slots_fill(&pin_key, PC_USAGE_PIN, cipher, field62, key_size);
    pc_slots_fill(&mac_key, PC_USAGE_MAC, cipher, mac_part, mac_size);
    if (!recover(found, 0, &pin_key, PC_KCV_LEGACY, pin_kcv, PC_KCV)) {
        status = PC_INVALID(PC_ARG_FIELD62, PC_REASON_PIN_KEY_DIFFERS);
    } else if (!recover(found, 0, &mac_key, PC_KCV_LEGACY, mac_kcv, PC_KCV)) {
        status = PC_INVALID(PC_ARG_FIELD62, PC_REASON_MAC_KEY_DIFFERS);
    }
    status = status ? status : pc_slots_strength(&pin_key, strict, PC_ARG_FIELD62);
    status = status ? status : pc_slots_strength(&mac_key, strict, PC_ARG_FIELD62);
    if (status == PC_OK) {
        pc_slots_commit(store, pin_slot, &pin_key);
    }
    pc_memory_wipe(&pin_key, sizeof pin_key);
    return finish(store, mac_slot, &mac_key, status, 0);
}

#if PC_WITH_TR31
int pc_keystore_load_block(pc_keystore_t *store, int slot, int kek, int strict, const uint8_t *block, size_t size,
                           uint8_t kcv[PC_KCV]) {
    const pc_slot_t *found;
    pc_tr31_key_t opened;
    pc_slot_t fresh;
    int status = pc_slots_enter(store, slot, PC_ARG_SLOT);
    status = status ? status : pc_slots_find(store, kek, PC_ARG_KEK, PC_USAGE_BIT(PC_USAGE_KEK), PC_MODE_DECRYPT, &found);
    if (status) {
        return status;
    }
    pc_memory_wipe(&fresh, sizeof fresh);
    status = pc_tr31_open(found->cipher, found->key, found->size, block, size, &opened);
    if (status == PC_OK && !pc_slots_permits(opened.usage, opened.cipher, opened.size)) {
        status = PC_INVALID(PC_ARG_BLOCK, PC_REASON_CONTENT);
    }
    if (status == PC_OK) {
        pc_slots_fill(&fresh, opened.usage, opened.cipher, opened.key, opened.size);
        fresh.modes = opened.modes;
        fresh.alg = opened.alg;
        status = pc_slots_strength(&fresh, strict, PC_ARG_BLOCK);
    }
    pc_memory_wipe(&opened, sizeof opened);
    return finish(store, slot, &fresh, status, kcv);
}
#endif

#if PC_WITH_DUKPT
int pc_keystore_dukpt_start(pc_keystore_t *store, int slot, const uint8_t *ksn, size_t ksn_size, pc_dukpt_t *dukpt) {
    const pc_slot_t *found;
    int status = pc_slots_find(store, slot, PC_ARG_SLOT, PC_USAGE_BIT(PC_USAGE_DUKPT), 0, &found);
    status = status ? status : pc_dukpt_start(dukpt, found->cipher, found->key, found->size, ksn, ksn_size);
    if (status == PC_OK) {
        (void)pc_keystore_erase(store, slot);
    }
    pc_memory_burn_deep();
    return status;
}

/* Usage and modes of a working key by its purpose. */
static const uint8_t purposes[PC_DUKPT_DATA_RESPONSE + 1][2] = {
    [PC_DUKPT_PIN] = {PC_USAGE_PIN, PC_MODE_ENCRYPT},
    [PC_DUKPT_MAC_REQUEST] = {PC_USAGE_MAC, PC_MODE_GENERATE},
    [PC_DUKPT_MAC_RESPONSE] = {PC_USAGE_MAC, PC_MODE_VERIFY},
    [PC_DUKPT_DATA_REQUEST] = {PC_USAGE_DATA, PC_MODE_ENCRYPT},
    [PC_DUKPT_DATA_RESPONSE] = {PC_USAGE_DATA, PC_MODE_DECRYPT},
};

int pc_keystore_load_derived(pc_keystore_t *store, int slot, const pc_dukpt_t *dukpt, int purpose, int cipher, size_t size) {
    uint8_t key[PC_KEY_MAX];
    pc_slot_t fresh;
    int status = pc_slots_enter(store, slot, PC_ARG_SLOT);
    if (status) {
        return status;
    }
    cipher = cipher ? cipher : dukpt->cipher;
    if (size == 0) {
        size = cipher == PC_CIPHER_DES ? 16 : dukpt->size;
    }
    pc_memory_wipe(&fresh, sizeof fresh);
    status = pc_dukpt_working_key(dukpt, purpose, cipher, size, key);
    if (status == PC_OK) {
        pc_slots_fill(&fresh, purposes[purpose][0], cipher, key, size);
        fresh.modes = purposes[purpose][1];
    }
    pc_memory_wipe(key, sizeof key);
    return finish(store, slot, &fresh, status, 0);
}
#endif
