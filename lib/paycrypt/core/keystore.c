#include "keystore.h"

#include "memory.h"
#include "pinblock.h"
#include "status.h"

#define USAGE_BIT(usage) (1u << (usage))
#define SIZE_BIT(size) (1u << ((size) / 8))

/* Sizes of key a usage takes, by cipher. */
static const uint8_t permitted[PC_USAGE_DUKPT + 1][PC_CIPHER_AES + 1] = {
    [PC_USAGE_KEK] = {0, SIZE_BIT(16) | SIZE_BIT(24), 0},
    [PC_USAGE_PIN] = {0, SIZE_BIT(8) | SIZE_BIT(16) | SIZE_BIT(24), 0},
    [PC_USAGE_MAC] = {0, SIZE_BIT(8) | SIZE_BIT(16) | SIZE_BIT(24), SIZE_BIT(16) | SIZE_BIT(24) | SIZE_BIT(32)},
    [PC_USAGE_DATA] = {0, SIZE_BIT(8) | SIZE_BIT(16) | SIZE_BIT(24), SIZE_BIT(16) | SIZE_BIT(24) | SIZE_BIT(32)},
    [PC_USAGE_DUKPT] = {0, SIZE_BIT(16), 0},
};

int pc_keystore_permits(int usage, int cipher, size_t size) {
    if (usage < PC_USAGE_KEK || usage > PC_USAGE_DUKPT || cipher < PC_CIPHER_DES || cipher > PC_CIPHER_AES) {
        return 0;
    }
    return pc_cipher_takes(cipher, size) && (permitted[usage][cipher] & SIZE_BIT(size)) != 0;
}

int pc_keystore_check_slot(int slot, int argument) {
    return slot >= 0 && slot < PC_SLOTS ? PC_OK : PC_INVALID(argument, PC_REASON_RANGE);
}

int pc_keystore_find(const pc_keystore_t *store, int slot, int argument, unsigned usages, const pc_slot_t **found) {
    const int status = pc_keystore_check_slot(slot, argument);
    if (status) {
        return status;
    }
    if (store->slots[slot].usage == 0) {
        return PC_INVALID(argument, PC_REASON_EMPTY);
    }
    if (!(USAGE_BIT(store->slots[slot].usage) & usages)) {
        return PC_INVALID(argument, PC_REASON_WRONG_USAGE);
    }
    *found = &store->slots[slot];
    return PC_OK;
}

static void expand(pc_cipher_t *cipher, const pc_slot_t *slot) {
    pc_cipher_expand(cipher, slot->cipher, slot->key, slot->size);
}

static void check_value(const pc_slot_t *slot, uint8_t kcv[PC_KCV]) {
    pc_cipher_t cipher;
    uint8_t block[PC_BLOCK_MAX] = {0};
    expand(&cipher, slot);
    if (slot->cipher == PC_CIPHER_AES) {
        pc_mac_t mac;
        (void)pc_mac_start(&mac, PC_MAC_CMAC, PC_PAD_ZEROS, slot->cipher, slot->size);
        pc_mac_update(&mac, &cipher, block, PC_AES_BLOCK);
        (void)pc_mac_finish(&mac, &cipher, block);
    } else {
        pc_cipher_encrypt(&cipher, block, block);
    }
    pc_memory_copy(kcv, block, PC_KCV);
    pc_memory_wipe(block, sizeof block);
    pc_cipher_wipe(&cipher);
}

static void fill_slot(pc_slot_t *slot, int usage, int cipher, const uint8_t *key, size_t size) {
    pc_memory_wipe(slot, sizeof *slot);
    slot->usage = (uint8_t)usage;
    slot->cipher = (uint8_t)cipher;
    slot->size = (uint8_t)size;
    pc_memory_copy(slot->key, key, size);
}

static void commit(pc_keystore_t *store, int slot, const pc_slot_t *fresh) {
    pc_memory_copy((uint8_t *)&store->slots[slot], (const uint8_t *)fresh, sizeof *fresh);
    store->changes[slot]++;
}

void pc_keystore_init(pc_keystore_t *store) {
    pc_memory_wipe(store, sizeof *store);
}

int pc_keystore_load(pc_keystore_t *store, int slot, int usage, int cipher, const uint8_t *key, size_t size,
                     uint8_t kcv[PC_KCV]) {
    const int status = pc_keystore_check_slot(slot, PC_ARG_SLOT);
    if (status) {
        return status;
    }
    if (usage < PC_USAGE_KEK || usage > PC_USAGE_DUKPT) {
        return PC_INVALID(PC_ARG_USAGE, PC_REASON_UNKNOWN);
    }
    if (cipher < 0 || cipher > PC_CIPHER_AES) {
        return PC_INVALID(PC_ARG_CIPHER, PC_REASON_UNKNOWN);
    }
    if (cipher == 0) {
        cipher = size == PC_SIV_KEY && usage == PC_USAGE_DATA ? PC_CIPHER_AES : PC_CIPHER_DES;
    } else if (permitted[usage][cipher] == 0) {
        return PC_INVALID(PC_ARG_CIPHER, PC_REASON_UNKNOWN);
    }
    if (!pc_keystore_permits(usage, cipher, size)) {
        return PC_INVALID(PC_ARG_KEY, PC_REASON_LENGTH);
    }
    pc_slot_t fresh;
    fill_slot(&fresh, usage, cipher, key, size);
    check_value(&fresh, kcv);
    commit(store, slot, &fresh);
    pc_memory_wipe(&fresh, sizeof fresh);
    return PC_OK;
}

/* Decrypt a key under `kek` into `fresh`; 1 when its check value begins with `kcv`, else 0 and `fresh` is wiped. */
static int recover(const pc_slot_t *kek, int usage, const uint8_t *cryptogram, size_t size, const uint8_t *kcv,
                   size_t kcv_size, pc_slot_t *fresh) {
    pc_cipher_t cipher;
    uint8_t actual[PC_KCV];
    fill_slot(fresh, usage, PC_CIPHER_DES, cryptogram, size);
    expand(&cipher, kek);
    for (size_t done = 0; done < size; done += PC_DES_BLOCK) {
        pc_des_decrypt(&cipher.key.des, fresh->key + done, fresh->key + done);
    }
    pc_cipher_wipe(&cipher);
    check_value(fresh, actual);
    const int equal = pc_memory_equal(actual, kcv, kcv_size);
    if (!equal) {
        pc_memory_wipe(fresh, sizeof *fresh);
    }
    pc_memory_wipe(actual, sizeof actual);
    return equal;
}

int pc_keystore_load_under(pc_keystore_t *store, int slot, int usage, int kek, const uint8_t *cryptogram, size_t size,
                           const uint8_t *kcv, size_t kcv_size) {
    const pc_slot_t *kek_slot;
    int status = pc_keystore_check_slot(slot, PC_ARG_SLOT);
    if (status) {
        return status;
    }
    status = pc_keystore_find(store, kek, PC_ARG_KEK, USAGE_BIT(PC_USAGE_KEK), &kek_slot);
    if (status) {
        return status;
    }
    if (usage < PC_USAGE_KEK || usage > PC_USAGE_DUKPT) {
        return PC_INVALID(PC_ARG_USAGE, PC_REASON_UNKNOWN);
    }
    if (!pc_keystore_permits(usage, PC_CIPHER_DES, size)) {
        return PC_INVALID(PC_ARG_CRYPTOGRAM, PC_REASON_LENGTH);
    }
    if (kcv_size != 3 && kcv_size != 4) {
        return PC_INVALID(PC_ARG_KCV, PC_REASON_LENGTH);
    }
    pc_slot_t fresh;
    if (!recover(kek_slot, usage, cryptogram, size, kcv, kcv_size, &fresh)) {
        return PC_INVALID(PC_ARG_KCV, PC_REASON_DIFFERS);
    }
    commit(store, slot, &fresh);
    pc_memory_wipe(&fresh, sizeof fresh);
    return PC_OK;
}

int pc_keystore_load_working(pc_keystore_t *store, int kek, int pin_slot, int mac_slot, const uint8_t *field62,
                             size_t size) {
    const pc_slot_t *kek_slot;
    int status = pc_keystore_find(store, kek, PC_ARG_KEK, USAGE_BIT(PC_USAGE_KEK), &kek_slot);
    if (status) {
        return status;
    }
    status = pc_keystore_check_slot(pin_slot, PC_ARG_PIN_SLOT);
    if (status) {
        return status;
    }
    status = pc_keystore_check_slot(mac_slot, PC_ARG_MAC_SLOT);
    if (status) {
        return status;
    }
    if (pin_slot == kek) {
        return PC_INVALID(PC_ARG_PIN_SLOT, PC_REASON_SAME_SLOT);
    }
    if (mac_slot == kek || mac_slot == pin_slot) {
        return PC_INVALID(PC_ARG_MAC_SLOT, PC_REASON_SAME_SLOT);
    }
    if (size != 24 && size != 40) {
        return PC_INVALID(PC_ARG_FIELD62, PC_REASON_LENGTH);
    }
    const size_t key_size = size / 2 - PC_KCV;
    const uint8_t *const mac_part = field62 + key_size + PC_KCV;
    size_t mac_size = key_size;
    if (key_size == 16) {
        static const uint8_t zeros[8] = {0};
        /* the field came over the line: that it is padded is no secret */
        mac_size = pc_memory_equal(mac_part + 8, zeros, 8) ? 8 : 16;
    }
    pc_slot_t pin_key;
    pc_slot_t mac_key;
    if (!recover(kek_slot, PC_USAGE_PIN, field62, key_size, field62 + key_size, PC_KCV, &pin_key)) {
        return PC_INVALID(PC_ARG_FIELD62, PC_REASON_PIN_KEY_DIFFERS);
    }
    if (recover(kek_slot, PC_USAGE_MAC, mac_part, mac_size, mac_part + key_size, PC_KCV, &mac_key)) {
        commit(store, pin_slot, &pin_key);
        commit(store, mac_slot, &mac_key);
        pc_memory_wipe(&mac_key, sizeof mac_key);
    } else {
        status = PC_INVALID(PC_ARG_FIELD62, PC_REASON_MAC_KEY_DIFFERS);
    }
    pc_memory_wipe(&pin_key, sizeof pin_key);
    return status;
}

int pc_keystore_kcv(const pc_keystore_t *store, int slot, uint8_t kcv[PC_KCV]) {
    const pc_slot_t *found;
    const int status = pc_keystore_find(store, slot, PC_ARG_SLOT, ~0u, &found);
    if (status == PC_OK) {
        check_value(found, kcv);
    }
    return status;
}

int pc_keystore_usage(const pc_keystore_t *store, int slot, int *usage) {
    const int status = pc_keystore_check_slot(slot, PC_ARG_SLOT);
    if (status == PC_OK) {
        *usage = store->slots[slot].usage;
    }
    return status;
}

int pc_keystore_erase(pc_keystore_t *store, int slot) {
    const int status = pc_keystore_check_slot(slot, PC_ARG_SLOT);
    if (status == PC_OK) {
        pc_memory_wipe(&store->slots[slot], sizeof store->slots[slot]);
        store->changes[slot]++;
    }
    return status;
}

void pc_keystore_erase_all(pc_keystore_t *store) {
    for (int slot = 0; slot < PC_SLOTS; slot++) {
        (void)pc_keystore_erase(store, slot);
    }
}

int pc_keystore_pin_block(const pc_keystore_t *store, int slot, int fmt, uint8_t *pin, size_t pin_size,
                          const uint8_t *pan, size_t pan_size, uint8_t out[PC_BLOCK_MAX], size_t *out_size) {
    const pc_slot_t *found;
    uint8_t block[PC_BLOCK_MAX];
    int status = pc_keystore_find(store, slot, PC_ARG_SLOT, USAGE_BIT(PC_USAGE_PIN), &found);
    if (status == PC_OK && fmt != 0) {
        status = PC_INVALID(PC_ARG_FMT, PC_REASON_UNKNOWN);
    }
    if (status == PC_OK) {
        status = pc_pinblock_encode_format0(pin, pin_size, pan, pan_size, block);
    }
    if (status == PC_OK) {
        pc_cipher_t cipher;
        expand(&cipher, found);
        pc_cipher_encrypt(&cipher, block, out);
        *out_size = cipher.block;
        pc_cipher_wipe(&cipher);
        pc_memory_wipe(block, sizeof block);
    }
    pc_memory_wipe(pin, pin_size);
    return status;
}
