/* Authentication codes with keys of the store. */
#include "keystore.h"
#include "memory.h"
#include "status.h"

#define MAC_USAGES (1u << PC_USAGE_MAC | 1u << PC_USAGE_DATA)

int pc_keystore_mac(const pc_keystore_t *store, int slot, int alg, int pad, const uint8_t *data, size_t size,
                    uint8_t out[PC_BLOCK_MAX], size_t *out_size) {
    const pc_slot_t *found;
    pc_cipher_t cipher;
    pc_mac_t mac;
    int status = pc_keystore_find(store, slot, PC_ARG_SLOT, MAC_USAGES, &found);
    if (status) {
        return status;
    }
    status = pc_mac_start(&mac, alg, pad, found->cipher, found->size);
    if (status) {
        return status;
    }
    pc_cipher_expand(&cipher, found->cipher, found->key, found->size);
    pc_mac_update(&mac, &cipher, data, size);
    *out_size = pc_mac_finish(&mac, &cipher, out);
    pc_cipher_wipe(&cipher);
    return PC_OK;
}

int pc_keystore_verify(const pc_keystore_t *store, int slot, int alg, int pad, const uint8_t *data, size_t size,
                       const uint8_t *code, size_t code_size, int *equal) {
    uint8_t expected[PC_BLOCK_MAX];
    size_t expected_size = 0;
    const int status = pc_keystore_mac(store, slot, alg, pad, data, size, expected, &expected_size);
    if (status == PC_OK) {
        *equal = code_size == expected_size && pc_memory_equal(expected, code, code_size);
    }
    /* the right code for data that a forger chose */
    pc_memory_wipe(expected, sizeof expected);
    return status;
}

int pc_keystore_stream_start(const pc_keystore_t *store, int slot, int alg, int pad, pc_mac_stream_t *stream) {
    const pc_slot_t *found;
    int status = pc_keystore_find(store, slot, PC_ARG_SLOT, MAC_USAGES, &found);
    if (status == PC_OK) {
        status = pc_mac_start(&stream->mac, alg, pad, found->cipher, found->size);
    }
    if (status == PC_OK) {
        stream->changes = store->changes[slot];
        stream->slot = (uint8_t)slot;
        stream->finished = 0;
    }
    return status;
}

/* Expand the stream's key, if it is still the one the stream began with. */
static int resume(const pc_keystore_t *store, pc_mac_stream_t *stream, pc_cipher_t *cipher) {
    if (stream->finished) {
        return PC_INVALID(PC_ARG_DATA, PC_REASON_FINISHED);
    }
    if (store->changes[stream->slot] != stream->changes) {
        pc_memory_wipe(&stream->mac, sizeof stream->mac);
        stream->finished = 1;
        return PC_INVALID(PC_ARG_SLOT, PC_REASON_CHANGED);
    }
    const pc_slot_t *const slot = &store->slots[stream->slot];
    pc_cipher_expand(cipher, slot->cipher, slot->key, slot->size);
    return PC_OK;
}

int pc_keystore_stream_update(const pc_keystore_t *store, pc_mac_stream_t *stream, const uint8_t *data, size_t size) {
    pc_cipher_t cipher;
    const int status = resume(store, stream, &cipher);
    if (status == PC_OK) {
        pc_mac_update(&stream->mac, &cipher, data, size);
        pc_cipher_wipe(&cipher);
    }
    return status;
}

int pc_keystore_stream_finish(const pc_keystore_t *store, pc_mac_stream_t *stream, uint8_t out[PC_BLOCK_MAX],
                              size_t *out_size) {
    pc_cipher_t cipher;
    const int status = resume(store, stream, &cipher);
    if (status == PC_OK) {
        *out_size = pc_mac_finish(&stream->mac, &cipher, out);
        stream->finished = 1;
        pc_cipher_wipe(&cipher);
    }
    return status;
}
