#include "keystore.h"

#include "memory.h"
#include "slots.h"
#include "status.h"

int pc_slots_open(const pc_keystore_t *store) {
    return store->health->status < 0 ? store->health->status : PC_OK;
}

#if PC_ONLY_DES
int pc_slots_permits(int usage, int cipher, size_t size) {
    return pc_cipher_takes(cipher, size) && (size > PC_DES_KEY || usage != PC_USAGE_KEK);
}

int pc_slots_kind(int usage, int cipher) {
    if (usage < PC_USAGE_KEK || usage > PC_USAGE_DATA) {
        return PC_INVALID(PC_ARG_USAGE, PC_REASON_UNKNOWN);
    }
    return cipher == 0 || cipher == PC_CIPHER_DES ? PC_OK : PC_INVALID(PC_ARG_CIPHER, PC_REASON_UNKNOWN);
}
#else
#define SIZE_BIT(size) (1u << ((size) / 8))
#define DOUBLE_OR_TRIPLE (SIZE_BIT(16) | SIZE_BIT(24))
#define ANY_DES (SIZE_BIT(8) | DOUBLE_OR_TRIPLE)
#define ANY_AES (SIZE_BIT(16) | SIZE_BIT(24) | SIZE_BIT(32))

/* Sizes of key a usage takes, by cipher. */
static const uint8_t permitted[PC_USAGE_DUKPT + 1][PC_CIPHER_SM4 + 1] = {
    [PC_USAGE_KEK] = {0, DOUBLE_OR_TRIPLE, ANY_AES * PC_WITH_AES, SIZE_BIT(16) * PC_WITH_SM4},
    [PC_USAGE_PIN] = {0, ANY_DES, ANY_AES * PC_WITH_AES, SIZE_BIT(16) * PC_WITH_SM4},
    [PC_USAGE_MAC] = {0, ANY_DES, ANY_AES * PC_WITH_AES, SIZE_BIT(16) * PC_WITH_SM4},
    [PC_USAGE_DATA] = {0, ANY_DES, ANY_AES * PC_WITH_AES, SIZE_BIT(16) * PC_WITH_SM4},
    [PC_USAGE_DUKPT] = {0, SIZE_BIT(16) * PC_WITH_DUKPT, ANY_AES * PC_WITH_DUKPT, 0},
};

int pc_slots_permits(int usage, int cipher, size_t size) {
    if (usage < PC_USAGE_KEK || usage > PC_USAGE_DUKPT || cipher < PC_CIPHER_DES || cipher > PC_CIPHER_SM4) {
        return 0;
    }
    return pc_cipher_takes(cipher, size) && (permitted[usage][cipher] & SIZE_BIT(size)) != 0;
}

int pc_slots_kind(int usage, int cipher) {
    if (usage < PC_USAGE_KEK || usage > PC_USAGE_DUKPT) {
        return PC_INVALID(PC_ARG_USAGE, PC_REASON_UNKNOWN);
    }
    if (cipher < 0 || cipher > PC_CIPHER_SM4 || (cipher && permitted[usage][cipher] == 0)) {
        return PC_INVALID(PC_ARG_CIPHER, PC_REASON_UNKNOWN);
    }
    return PC_OK;
}
#endif

int pc_slots_check(int slot, int argument) {
    return slot >= 0 && slot < PC_SLOTS ? PC_OK : PC_INVALID(argument, PC_REASON_RANGE);
}

int pc_slots_enter(const pc_keystore_t *store, int slot, int argument) {
    const int status = pc_slots_open(store);
    return status ? status : pc_slots_check(slot, argument);
}

int pc_slots_find(const pc_keystore_t *store, int slot, int argument, unsigned usages, unsigned modes,
                  const pc_slot_t **found) {
    const int status = pc_slots_enter(store, slot, argument);
    if (status) {
        return status;
    }
    const pc_slot_t *const here = &store->slots[slot];
    if (here->usage == 0) {
        return PC_INVALID(argument, PC_REASON_EMPTY);
    }
    if (!(PC_USAGE_BIT(here->usage) & usages)) {
        return PC_INVALID(argument, PC_REASON_WRONG_USAGE);
    }
    if (PC_WITH_ALL && modes && !(here->modes & modes)) {
        return PC_INVALID(argument, PC_REASON_WRONG_MODE);
    }
    *found = here;
    return PC_OK;
}

void pc_slots_fill(pc_slot_t *fresh, int usage, int cipher, const uint8_t *key, size_t size) {
    pc_memory_wipe(fresh, sizeof *fresh);
    fresh->usage = (uint8_t)usage;
    fresh->cipher = (uint8_t)cipher;
    fresh->size = (uint8_t)size;
    fresh->modes = PC_MODE_ALL;
    pc_memory_copy(fresh->key, key, size);
}

PC_APART void pc_slots_kcv(const pc_slot_t *slot, int method, uint8_t kcv[PC_KCV_MAX]) {
    pc_cipher_t cipher;
    uint8_t block[PC_BLOCK_MAX];
    pc_memory_wipe(block, sizeof block);
    pc_cipher_expand(&cipher, slot->cipher, slot->key, slot->size);
#if PC_WITH_CMAC
    if (method == PC_KCV_CMAC || (method == 0 && slot->cipher == PC_CIPHER_AES)) {
        (void)pc_mac_whole(PC_MAC_CMAC, PC_PAD_ZEROS, &cipher, block, cipher.block, block);
    } else
#endif
    {
        (void)method;
        pc_cipher_encrypt(&cipher, block, block);
    }
    pc_memory_copy(kcv, block, PC_KCV_MAX);
}

void pc_slots_changed(pc_keystore_t *store, int slot) {
#if PC_WITH_STREAM
    store->changes[slot]++;
#endif
    for (unsigned i = 0; i < PC_SCHEDULES; i++) {
        if (store->schedules[i].slot == slot) {
            pc_cipher_wipe(&store->schedules[i].cipher);
            store->schedules[i].slot = PC_SLOTS;
        }
    }
}

void pc_slots_commit(pc_keystore_t *store, int slot, pc_slot_t *fresh) {
    pc_memory_copy((uint8_t *)&store->slots[slot], (const uint8_t *)fresh, sizeof *fresh);
    pc_memory_wipe(fresh, sizeof *fresh);
    pc_slots_changed(store, slot);
}

#if PC_WITH_SPEED
/* The expanded key of the slot or the oldest one; it becomes the youngest. */
static pc_schedule_t *choose_schedule(pc_keystore_t *store, int slot) {
    unsigned place = 0;
    for (unsigned i = 0; i < PC_SCHEDULES; i++) {
        const pc_schedule_t *const here = &store->schedules[i];
        if (here->slot == slot) {
            place = i;
            break;
        }
        if (here->age > store->schedules[place].age) {
            place = i;
        }
    }
    pc_schedule_t *const schedule = &store->schedules[place];
    for (unsigned i = 0; schedule->age && i < PC_SCHEDULES; i++) {
        if (store->schedules[i].age < schedule->age) {
            store->schedules[i].age++;
        }
    }
    schedule->age = 0;
    return schedule;
}
#else
#define choose_schedule(store, slot) (&(store)->schedules[0])
#endif

PC_APART const pc_cipher_t *pc_slots_schedule(pc_keystore_t *store, int slot) {
    pc_schedule_t *const schedule = choose_schedule(store, slot);
    if (schedule->slot != slot) {
        const pc_slot_t *const key = &store->slots[slot];
        pc_cipher_wipe(&schedule->cipher); /* the new one may be shorter */
        pc_cipher_expand(&schedule->cipher, key->cipher, key->key, key->size);
        schedule->slot = (uint8_t)slot;
    }
    return &schedule->cipher;
}

void pc_keystore_init(pc_keystore_t *store, pc_health_t *health) {
    pc_memory_wipe(store, sizeof *store);
    for (unsigned i = 0; i < PC_SCHEDULES; i++) {
        store->schedules[i].slot = PC_SLOTS;
        store->schedules[i].age = (uint8_t)i;
    }
    store->health = health;
    if (health->status == PC_HEALTH_UNTESTED) {
        (void)pc_selftest_run(health);
    }
}

int pc_keystore_kcv(const pc_keystore_t *store, int slot, int method, uint8_t kcv[PC_KCV]) {
    const pc_slot_t *found;
    uint8_t value[PC_KCV_MAX];
    int status = pc_slots_find(store, slot, PC_ARG_SLOT, ~0u, 0, &found);
    if (status == PC_OK && !PC_KCV_OFFERED(method)) {
        status = PC_INVALID(PC_ARG_METHOD, PC_REASON_UNKNOWN);
    }
    if (status == PC_OK) {
        pc_slots_kcv(found, method, value);
        pc_memory_copy(kcv, value, PC_KCV);
        pc_memory_burn_deep();
    }
    return status;
}

int pc_keystore_usage(const pc_keystore_t *store, int slot, int *usage) {
    const int status = pc_slots_check(slot, PC_ARG_SLOT);
    if (status == PC_OK) {
        *usage = store->slots[slot].usage;
    }
    return status;
}

int pc_keystore_erase(pc_keystore_t *store, int slot) {
    const int status = pc_slots_check(slot, PC_ARG_SLOT);
    if (status == PC_OK) {
        pc_memory_wipe(&store->slots[slot], sizeof store->slots[slot]);
        pc_slots_changed(store, slot);
    }
    return status;
}

void pc_keystore_erase_all(pc_keystore_t *store) {
    for (int slot = 0; slot < PC_SLOTS; slot++) {
        (void)pc_keystore_erase(store, slot);
    }
}
