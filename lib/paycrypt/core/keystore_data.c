/* Data wrapped under a key of the store. */
#include "keystore.h"
#include "memory.h"
#include "status.h"

static int find_siv_key(const pc_keystore_t *store, int slot, const pc_slot_t **found) {
    const int status = pc_keystore_find(store, slot, PC_ARG_SLOT, 1u << PC_USAGE_DATA, found);
    if (status) {
        return status;
    }
    return (*found)->cipher == PC_CIPHER_AES && (*found)->size == PC_SIV_KEY ? PC_OK
                                                                             : PC_INVALID(PC_ARG_SLOT, PC_REASON_WRONG_CIPHER);
}

int pc_keystore_wrap(const pc_keystore_t *store, int slot, const uint8_t *data, size_t size, const uint8_t *aad,
                     size_t aad_size, uint8_t *out) {
    const pc_slot_t *found;
    const int status = find_siv_key(store, slot, &found);
    if (status) {
        return status;
    }
    if (size > PC_WRAP_MAX) {
        return PC_INVALID(PC_ARG_DATA, PC_REASON_LENGTH);
    }
    pc_memory_copy(out + PC_SIV_TAG, data, size);
    pc_siv_encrypt(found->key, aad, aad_size, out + PC_SIV_TAG, size, out);
    return PC_OK;
}

int pc_keystore_unwrap(const pc_keystore_t *store, int slot, const uint8_t *blob, size_t size, const uint8_t *aad,
                       size_t aad_size, uint8_t *out) {
    const pc_slot_t *found;
    const int status = find_siv_key(store, slot, &found);
    if (status) {
        return status;
    }
    if (size < PC_SIV_TAG || size > PC_SIV_TAG + PC_WRAP_MAX) {
        return PC_INVALID(PC_ARG_BLOB, PC_REASON_LENGTH);
    }
    pc_memory_copy(out, blob + PC_SIV_TAG, size - PC_SIV_TAG);
    return pc_siv_decrypt(found->key, aad, aad_size, out, size - PC_SIV_TAG, blob)
               ? PC_OK
               : PC_INVALID(PC_ARG_BLOB, PC_REASON_NOT_AUTHENTIC);
}
