/* Between the files of the key store: finding, checking, filling and committing slots. */
#ifndef PC_SLOTS_H
#define PC_SLOTS_H

#include "keystore.h"

#define PC_USAGE_BIT(usage) (1u << (usage))

/* The self-test's failure, else 0. */
int pc_slots_open(const pc_keystore_t *store);

/* Check a slot number, naming `argument`. */
int pc_slots_check(int slot, int argument);

/* Both: for a slot that gets a key. */
int pc_slots_enter(const pc_keystore_t *store, int slot, int argument);

/* The self-test's failure, else find a key of one of `usages` (PC_USAGE_BIT) that has one of `modes`; 0 modes: any. */
int pc_slots_find(const pc_keystore_t *store, int slot, int argument, unsigned usages, unsigned modes,
                  const pc_slot_t **found);

/* 1 when the combination may stand in a slot, else 0. */
int pc_slots_permits(int usage, int cipher, size_t size);

/* The cipher meant by 0: AES for a DATA key of 32 bytes, else DES. */
static inline int pc_slots_cipher(int usage, int cipher, size_t size) {
    if (PC_ONLY_DES || cipher == 0) {
        return !PC_ONLY_DES && size == PC_SIV_KEY && usage == PC_USAGE_DATA ? PC_CIPHER_AES : PC_CIPHER_DES;
    }
    return cipher;
}

/* Check usage and cipher of a key to be entered: 0 or invalid `usage` or `cipher`. */
int pc_slots_kind(int usage, int cipher);

/* Write a key that pc_slots_permits into `fresh`, with all modes. */
void pc_slots_fill(pc_slot_t *fresh, int usage, int cipher, const uint8_t *key, size_t size);

/* With `strict`, 0 or invalid `argument` for a weak key or equal parts. */
int pc_slots_strength(const pc_slot_t *fresh, int strict, int argument);

/* Whether the build knows a method of check values. */
#define PC_KCV_OFFERED(method) ((method) >= 0 && (method) <= (PC_WITH_CMAC ? PC_KCV_CMAC : PC_KCV_LEGACY))

/* Check value by `method` (0: CMAC for AES, legacy for the others). */
void pc_slots_kcv(const pc_slot_t *slot, int method, uint8_t kcv[PC_KCV_MAX]);

/* Put `fresh` into the store, then wipe it. */
void pc_slots_commit(pc_keystore_t *store, int slot, pc_slot_t *fresh);

/* The expanded key of a slot that pc_slots_find has found: the one kept, or a new one in the place of the oldest. */
const pc_cipher_t *pc_slots_schedule(pc_keystore_t *store, int slot);

/* A slot's key was replaced or erased: wipe the expanded one, let streams notice. */
void pc_slots_changed(pc_keystore_t *store, int slot);

#endif
