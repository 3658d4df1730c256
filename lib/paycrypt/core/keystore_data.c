/* Data wrapped under a key of the store. */
#include "keystore.h"
#include "memory.h"
#include "slots.h"
#include "status.h"

#if PC_WITH_SIV
static int find_siv_key(const pc_keystore_t *store, int slot, unsigned mode, const pc_slot_t **found) {
    int status = pc_slots_find(store, slot, PC_ARG_SLOT, PC_USAGE_BIT(PC_USAGE_DATA), mode, found);
    if (status == PC_OK && ((*found)->cipher != PC_CIPHER_AES || (*found)->size != PC_SIV_KEY)) {
        status = PC_INVALID(PC_ARG_SLOT, PC_REASON_WRONG_CIPHER);
    }
    return status;
}

int pc_keystore_wrap(const pc_keystore_t *store, int slot, const uint8_t *data, size_t size, const uint8_t *aad,
                     size_t aad_size, uint8_t *out) {
    const pc_slot_t *found;
    const int status = find_siv_key(store, slot, PC_MODE_ENCRYPT, &found);
    if (status) {
        return status;
    }
    if (size > PC_WRAP_MAX) {
        return PC_INVALID(PC_ARG_DATA, PC_REASON_LENGTH);
    }
    pc_memory_copy(out + PC_SIV_TAG, data, size);
    pc_siv_encrypt(found->key, aad, aad_size, out + PC_SIV_TAG, size, out);
    pc_memory_burn_deep();
    return PC_OK;
}

int pc_keystore_unwrap(const pc_keystore_t *store, int slot, const uint8_t *blob, size_t size, const uint8_t *aad,
                       size_t aad_size, uint8_t *out) {
    const pc_slot_t *found;
    const int status = find_siv_key(store, slot, PC_MODE_DECRYPT, &found);
    if (status) {
        return status;
    }
    if (size < PC_SIV_TAG || size > PC_SIV_TAG + PC_WRAP_MAX) {
        return PC_INVALID(PC_ARG_BLOB, PC_REASON_LENGTH);
    }
    pc_memory_copy(out, blob + PC_SIV_TAG, size - PC_SIV_TAG);
    const int authentic = pc_siv_decrypt(found->key, aad, aad_size, out, size - PC_SIV_TAG, blob);
    pc_memory_burn_deep();
    return authentic ? PC_OK : PC_INVALID(PC_ARG_BLOB, PC_REASON_NOT_AUTHENTIC);
}
#endif
