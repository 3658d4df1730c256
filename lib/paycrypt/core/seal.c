#include "seal.h"

#include "memory.h"
#include "status.h"

#define VERSION_PLACE 4

static const uint8_t header[PC_SEAL_HEADER] = {'P', 'C', 'K', 'S', 1, PC_SLOTS, PC_KEY_MAX, 0};

int pc_seal_store(const pc_keystore_t *store, const uint8_t *secret, size_t secret_size, uint8_t blob[PC_SEAL_SIZE]) {
    if (secret_size != PC_SEAL_SECRET) {
        return PC_INVALID(PC_ARG_SECRET, PC_REASON_LENGTH);
    }
    uint8_t *const tag = blob + PC_SEAL_HEADER;
    uint8_t *const text = tag + PC_SIV_TAG;
    pc_memory_copy(blob, header, PC_SEAL_HEADER);
    for (unsigned i = 0; i < PC_SLOTS; i++) {
        const pc_slot_t *const slot = &store->slots[i];
        uint8_t *const record = text + PC_SEAL_SLOT * i;
        record[0] = slot->usage;
        record[1] = slot->cipher;
        record[2] = slot->size;
        pc_memory_copy(record + 3, slot->key, PC_KEY_MAX);
    }
    pc_siv_encrypt(secret, blob, PC_SEAL_HEADER, text, PC_SLOTS * PC_SEAL_SLOT, tag);
    return PC_OK;
}

/* An empty record is zeros; another one is a combination that pc_keystore_load could have made. */
static int possible(const uint8_t *record) {
    static const uint8_t zeros[PC_SEAL_SLOT] = {0};
    if (record[0] == 0) {
        return pc_memory_equal(record, zeros, PC_SEAL_SLOT);
    }
    return pc_keystore_permits(record[0], record[1], record[2]) &&
           pc_memory_equal(record + 3 + record[2], zeros, (size_t)(PC_KEY_MAX - record[2]));
}

int pc_seal_restore(pc_keystore_t *store, const uint8_t *blob, size_t size, const uint8_t *secret,
                    size_t secret_size) {
    uint8_t text[PC_SLOTS * PC_SEAL_SLOT];
    if (secret_size != PC_SEAL_SECRET) {
        return PC_INVALID(PC_ARG_SECRET, PC_REASON_LENGTH);
    }
    if (size < PC_SEAL_HEADER) {
        return PC_INVALID(PC_ARG_BLOB, PC_REASON_LENGTH);
    }
    if (pc_memory_equal(blob, header, VERSION_PLACE) && blob[VERSION_PLACE] != header[VERSION_PLACE]) {
        return PC_INVALID(PC_ARG_BLOB, PC_REASON_VERSION);
    }
    if (size != PC_SEAL_SIZE) {
        return PC_INVALID(PC_ARG_BLOB, PC_REASON_LENGTH);
    }
    const uint8_t *const tag = blob + PC_SEAL_HEADER;
    pc_memory_copy(text, tag + PC_SIV_TAG, sizeof text);
    int status = PC_OK;
    if (!pc_memory_equal(blob, header, PC_SEAL_HEADER) ||
        !pc_siv_decrypt(secret, blob, PC_SEAL_HEADER, text, sizeof text, tag)) {
        status = PC_INVALID(PC_ARG_BLOB, PC_REASON_NOT_AUTHENTIC);
    }
    for (unsigned i = 0; status == PC_OK && i < PC_SLOTS; i++) {
        if (!possible(text + PC_SEAL_SLOT * i)) {
            status = PC_INVALID(PC_ARG_BLOB, PC_REASON_CONTENT);
        }
    }
    for (unsigned i = 0; status == PC_OK && i < PC_SLOTS; i++) {
        const uint8_t *const record = text + PC_SEAL_SLOT * i;
        pc_slot_t *const slot = &store->slots[i];
        slot->usage = record[0];
        slot->cipher = record[1];
        slot->size = record[2];
        pc_memory_copy(slot->key, record + 3, PC_KEY_MAX);
        store->changes[i]++;
    }
    pc_memory_wipe(text, sizeof text);
    return status;
}
