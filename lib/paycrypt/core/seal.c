#include "config.h"

#if PC_WITH_SIV
#include "seal.h"

#include "memory.h"
#include "slots.h"
#include "status.h"

#define VERSION 2
#define VERSION_PLACE 4

static const uint8_t store_header[PC_SEAL_HEADER] = {'P', 'C', 'K', 'S', VERSION, PC_SLOTS, PC_SEAL_SLOT, 0};

/* Decrypt the blob's entries to `text`. The header's first four bytes say what it is, the fifth the version. */
static int open_blob(const uint8_t header[PC_SEAL_HEADER], const uint8_t *blob, size_t size, const uint8_t *secret,
                     size_t secret_size, uint8_t *text, size_t text_size) {
    if (secret_size != PC_SEAL_SECRET) {
        return PC_INVALID(PC_ARG_SECRET, PC_REASON_LENGTH);
    }
    if (size < PC_SEAL_HEADER) {
        return PC_INVALID(PC_ARG_BLOB, PC_REASON_LENGTH);
    }
    if (pc_memory_equal(blob, header, VERSION_PLACE) && blob[VERSION_PLACE] != VERSION) {
        return PC_INVALID(PC_ARG_BLOB, PC_REASON_VERSION);
    }
    if (size != PC_SEAL_HEADER + PC_SIV_TAG + text_size) {
        return PC_INVALID(PC_ARG_BLOB, PC_REASON_LENGTH);
    }
    const uint8_t *const tag = blob + PC_SEAL_HEADER;
    pc_memory_copy(text, tag + PC_SIV_TAG, text_size);
    if (!pc_memory_equal(blob, header, PC_SEAL_HEADER) ||
        !pc_siv_decrypt(secret, blob, PC_SEAL_HEADER, text, text_size, tag)) {
        return PC_INVALID(PC_ARG_BLOB, PC_REASON_NOT_AUTHENTIC);
    }
    return PC_OK;
}

int pc_seal_store(const pc_keystore_t *store, const uint8_t *secret, size_t secret_size, uint8_t blob[PC_SEAL_SIZE]) {
    const int status = pc_slots_open(store);
    if (status) {
        return status;
    }
    if (secret_size != PC_SEAL_SECRET) {
        return PC_INVALID(PC_ARG_SECRET, PC_REASON_LENGTH);
    }
    uint8_t *const tag = blob + PC_SEAL_HEADER;
    uint8_t *const text = tag + PC_SIV_TAG;
    pc_memory_copy(blob, store_header, PC_SEAL_HEADER);
    for (unsigned i = 0; i < PC_SLOTS; i++) {
        pc_memory_copy(text + PC_SEAL_SLOT * i, (const uint8_t *)&store->slots[i], PC_SEAL_SLOT);
    }
    pc_siv_encrypt(secret, blob, PC_SEAL_HEADER, text, PC_SLOTS * PC_SEAL_SLOT, tag);
    pc_memory_burn_deep();
    return PC_OK;
}

/* A record is a slot byte by byte. */
typedef char slot_has_no_padding[sizeof(pc_slot_t) == PC_SEAL_SLOT ? 1 : -1];

/* An empty record is zeros; another one is a combination that the store could have made. */
PC_APART static int possible(const uint8_t *record) {
    static const uint8_t zeros[PC_SEAL_SLOT] = {0};
    pc_slot_t slot;
    pc_memory_copy((uint8_t *)&slot, record, sizeof slot);
    pc_memory_publish(&slot, PC_SEAL_SLOT - PC_KEY_MAX);
    if (slot.usage == 0) {
        return pc_memory_public(pc_memory_equal(record, zeros, PC_SEAL_SLOT));
    }
    return pc_slots_permits(slot.usage, slot.cipher, slot.size) && (slot.modes & ~PC_MODE_ALL) == 0 &&
           slot.alg <= PC_MAC_CMAC &&
           pc_memory_public(pc_memory_equal(slot.key + slot.size, zeros, (size_t)(PC_KEY_MAX - slot.size)));
}

int pc_seal_restore(pc_keystore_t *store, const uint8_t *blob, size_t size, const uint8_t *secret, size_t secret_size) {
    uint8_t text[PC_SLOTS * PC_SEAL_SLOT];
    int status = pc_slots_open(store);
    if (status) {
        return status;
    }
    status = open_blob(store_header, blob, size, secret, secret_size, text, sizeof text);
    for (unsigned i = 0; status == PC_OK && i < PC_SLOTS; i++) {
        if (!possible(text + PC_SEAL_SLOT * i)) {
            status = PC_INVALID(PC_ARG_BLOB, PC_REASON_CONTENT);
        }
    }
    for (int i = 0; status == PC_OK && i < PC_SLOTS; i++) {
        pc_memory_copy((uint8_t *)&store->slots[i], text + PC_SEAL_SLOT * i, PC_SEAL_SLOT);
        pc_memory_publish(&store->slots[i], PC_SEAL_SLOT - PC_KEY_MAX);
        pc_slots_changed(store, i);
    }
    pc_memory_wipe(text, sizeof text);
    pc_memory_burn_deep();
    return status;
}

#if PC_WITH_DUKPT
static unsigned register_count(int cipher) {
    return cipher == PC_CIPHER_DES ? PC_DUKPT_BITS_DES : PC_DUKPT_BITS_AES;
}

static void make_header(uint8_t header[PC_SEAL_HEADER], int cipher, size_t size) {
    const uint8_t made[PC_SEAL_HEADER] = {'P', 'C', 'D', 'K', VERSION, (uint8_t)register_count(cipher), (uint8_t)size,
                                          (uint8_t)cipher};
    pc_memory_copy(header, made, PC_SEAL_HEADER);
}

int pc_seal_dukpt(const pc_dukpt_t *dukpt, const uint8_t *secret, size_t secret_size, uint8_t blob[PC_SEAL_DUKPT_MAX],
                  size_t *size) {
    const unsigned count = register_count(dukpt->cipher);
    if (dukpt->cipher == 0) {
        return PC_INVALID(PC_ARG_DUKPT, PC_REASON_UNLOADED);
    }
    if (secret_size != PC_SEAL_SECRET) {
        return PC_INVALID(PC_ARG_SECRET, PC_REASON_LENGTH);
    }
    uint8_t *const tag = blob + PC_SEAL_HEADER;
    uint8_t *const text = tag + PC_SIV_TAG;
    uint8_t *const tail = text + count * dukpt->size;
    make_header(blob, dukpt->cipher, dukpt->size);
    for (unsigned i = 0; i < count; i++) {
        pc_memory_copy(text + i * dukpt->size, dukpt->registers[i], dukpt->size);
    }
    pc_memory_copy(tail, dukpt->ksn, PC_DUKPT_KSN_MAX);
    for (unsigned i = 0; i < 4; i++) {
        tail[PC_DUKPT_KSN_MAX + i] = (uint8_t)(dukpt->counter >> (24 - 8 * i));
    }
    pc_siv_encrypt(secret, blob, PC_SEAL_HEADER, text, count * dukpt->size + PC_SEAL_DUKPT_TAIL, tag);
    *size = PC_SEAL_HEADER + PC_SIV_TAG + count * dukpt->size + PC_SEAL_DUKPT_TAIL;
    pc_memory_burn_deep();
    return PC_OK;
}

int pc_seal_dukpt_restore(pc_dukpt_t *dukpt, const uint8_t *blob, size_t size, const uint8_t *secret, size_t secret_size) {
    uint8_t header[PC_SEAL_HEADER];
    uint8_t text[PC_SEAL_DUKPT_MAX - PC_SEAL_HEADER - PC_SIV_TAG];
    /* what the blob says of itself is believed once the tag has matched; until then it only has to be possible */
    const int cipher = size >= PC_SEAL_HEADER ? blob[7] : 0;
    const size_t width = size >= PC_SEAL_HEADER ? blob[6] : 0;
    const unsigned count = register_count(cipher);
    if (secret_size == PC_SEAL_SECRET && size >= PC_SEAL_HEADER && !pc_slots_permits(PC_USAGE_DUKPT, cipher, width)) {
        return PC_INVALID(PC_ARG_BLOB, PC_REASON_NOT_AUTHENTIC);
    }
    make_header(header, cipher, width);
    const int status = open_blob(header, blob, size, secret, secret_size, text, count * width + PC_SEAL_DUKPT_TAIL);
    if (status == PC_OK) {
        const uint8_t *const tail = text + count * width;
        pc_memory_publish(tail, PC_SEAL_DUKPT_TAIL);
        pc_dukpt_init(dukpt);
        for (unsigned i = 0; i < count; i++) {
            pc_memory_copy(dukpt->registers[i], text + i * width, width);
        }
        pc_memory_copy(dukpt->ksn, tail, PC_DUKPT_KSN_MAX);
        for (unsigned i = 0; i < 4; i++) {
            dukpt->counter = dukpt->counter << 8 | tail[PC_DUKPT_KSN_MAX + i];
        }
        dukpt->cipher = (uint8_t)cipher;
        dukpt->size = (uint8_t)width;
    }
    pc_memory_wipe(text, sizeof text);
    pc_memory_burn_deep();
    return status;
}
#endif
#endif
