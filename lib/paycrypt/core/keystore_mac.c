/* Authentication codes with keys of the store. */
#include "keystore.h"
#include "memory.h"
#include "slots.h"
#include "status.h"

#define MAC_USAGES (PC_USAGE_BIT(PC_USAGE_MAC) | PC_USAGE_BIT(PC_USAGE_DATA))

/* Find the key and begin; `mode` is PC_MODE_GENERATE or PC_MODE_VERIFY. */
static int start(pc_keystore_t *store, int slot, int alg, int pad, unsigned mode, pc_mac_t *mac) {
    const pc_slot_t *found;
    int status = pc_slots_find(store, slot, PC_ARG_SLOT, MAC_USAGES, mode, &found);
    status = status ? status : pc_mac_start(mac, alg, pad, found->cipher, found->size);
    if (PC_WITH_TR31 && status == PC_OK && found->alg && found->alg != alg) {
        status = PC_INVALID(PC_ARG_ALG, PC_REASON_WRONG_ALG);
    }
    return status;
}

int pc_keystore_mac(pc_keystore_t *store, int slot, int alg, int pad, const uint8_t *data, size_t size,
                    uint8_t out[PC_BLOCK_MAX], size_t *out_size) {
    pc_mac_t mac;
    const int status = start(store, slot, alg, pad, PC_MODE_GENERATE, &mac);
    if (status == PC_OK) {
        const pc_cipher_t *const cipher = pc_slots_schedule(store, slot);
        pc_mac_update(&mac, cipher, data, size);
        *out_size = pc_mac_finish(&mac, cipher, out);
        pc_memory_burn();
    }
    return status;
}

int pc_keystore_verify(pc_keystore_t *store, int slot, int alg, int pad, const uint8_t *data, size_t size,
                       const uint8_t *code, size_t code_size, int *equal) {
    uint8_t expected[PC_BLOCK_MAX];
    pc_mac_t mac;
    const int status = start(store, slot, alg, pad, PC_MODE_VERIFY, &mac);
    if (status == PC_OK) {
        const pc_cipher_t *const cipher = pc_slots_schedule(store, slot);
        pc_mac_update(&mac, cipher, data, size);
        const size_t expected_size = pc_mac_finish(&mac, cipher, expected);
        *equal = code_size == expected_size && pc_memory_public(pc_memory_equal(expected, code, code_size));
        /* the right code for data that a forger chose */
        pc_memory_wipe(expected, sizeof expected);
        pc_memory_burn();
    }
    return status;
}

#if PC_WITH_STREAM
int pc_keystore_stream_start(pc_keystore_t *store, int slot, int alg, int pad, pc_mac_stream_t *stream) {
    const int status = start(store, slot, alg, pad, PC_MODE_GENERATE, &stream->mac);
    if (status == PC_OK) {
        stream->changes = store->changes[slot];
        stream->slot = (uint8_t)slot;
        stream->finished = 0;
    }
    return status;
}

/* The stream's expanded key, if it is still the one the stream began with. */
static int resume(pc_keystore_t *store, pc_mac_stream_t *stream, const pc_cipher_t **cipher) {
    const int status = pc_slots_open(store);
    if (status) {
        return status;
    }
    if (stream->finished) {
        return PC_INVALID(PC_ARG_DATA, PC_REASON_FINISHED);
    }
    if (store->changes[stream->slot] != stream->changes) {
        pc_memory_wipe(&stream->mac, sizeof stream->mac);
        stream->finished = 1;
        return PC_INVALID(PC_ARG_SLOT, PC_REASON_CHANGED);
    }
    *cipher = pc_slots_schedule(store, stream->slot);
    return PC_OK;
}

int pc_keystore_stream_update(pc_keystore_t *store, pc_mac_stream_t *stream, const uint8_t *data, size_t size) {
    const pc_cipher_t *cipher;
    const int status = resume(store, stream, &cipher);
    if (status == PC_OK) {
        pc_mac_update(&stream->mac, cipher, data, size);
        pc_memory_burn();
    }
    return status;
}

int pc_keystore_stream_finish(pc_keystore_t *store, pc_mac_stream_t *stream, uint8_t out[PC_BLOCK_MAX], size_t *out_size) {
    const pc_cipher_t *cipher;
    const int status = resume(store, stream, &cipher);
    if (status == PC_OK) {
        *out_size = pc_mac_finish(&stream->mac, cipher, out);
        stream->finished = 1;
        pc_memory_burn();
    }
    return status;
}
#endif
