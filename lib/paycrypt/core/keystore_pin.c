/* PIN blocks under a key of the store. */
#include "keystore.h"
#include "memory.h"
#include "pinblock.h"
#include "slots.h"
#include "status.h"

#if PC_WITH_FORMATS
#define CIPHER(kind) (1u << (kind))

/* Ciphers of each format. */
static const uint8_t ciphers[5] = {
    CIPHER(PC_CIPHER_DES) | CIPHER(PC_CIPHER_SM4),
    CIPHER(PC_CIPHER_DES),
    0,
    CIPHER(PC_CIPHER_DES),
    CIPHER(PC_CIPHER_AES),
};

/* A generator that is missing or stands still: five equal bytes or more come once in four thousand million times. */
PC_APART static int check_fill(const uint8_t *fill, size_t size, size_t needed) {
    uint32_t difference = 0;
    if (needed == 0) {
        return PC_OK;
    }
    if (fill == 0) {
        return PC_INVALID(PC_ARG_ENTROPY, PC_REASON_MISSING);
    }
    if (size != needed) {
        return PC_INVALID(PC_ARG_ENTROPY, PC_REASON_LENGTH);
    }
    for (size_t i = 1; i < size; i++) {
        difference |= (uint32_t)(fill[i] ^ fill[0]);
    }
    return pc_memory_public(difference == 0) ? PC_INVALID(PC_ARG_ENTROPY, PC_REASON_STUCK) : PC_OK;
}
#endif

PC_APART static int encrypt(const pc_cipher_t *cipher, int fmt, const pc_pin_t *pin, uint8_t *out) {
    uint8_t block[PC_BLOCK_MAX];
    int status;
#if PC_WITH_FORMATS
    uint8_t pan_field[PC_BLOCK_MAX];
    if (fmt == 4) {
        /* ISO 9564-1:2017 section 9.4.2.3: the PAN field is added between two encryptions */
        status = pc_pinblock_encode_format4(pin, block, pan_field);
        if (status == PC_OK) {
            pc_cipher_encrypt(cipher, block, out);
            pc_memory_xor(out, pan_field, PC_BLOCK_MAX);
            pc_cipher_encrypt(cipher, out, out);
        }
        return status;
    }
#endif
    status = pc_pinblock_encode(fmt, pin, block, PC_CIPHER_BLOCK(cipher));
    if (status == PC_OK) {
        pc_cipher_encrypt(cipher, block, out);
    }
    return status;
}

int pc_keystore_pin_block(pc_keystore_t *store, int slot, int fmt, uint8_t *pin, size_t pin_size, const uint8_t *pan,
                          size_t pan_size, uint8_t *fill, size_t fill_size, uint8_t out[PC_BLOCK_MAX], size_t *out_size) {
    const pc_slot_t *found;
    const pc_pin_t entry = {pin, pin_size, pan, pan_size, fill};
    int status = pc_slots_find(store, slot, PC_ARG_SLOT, PC_USAGE_BIT(PC_USAGE_PIN), PC_MODE_ENCRYPT, &found);
#if PC_WITH_FORMATS
    if (status == PC_OK && (fmt < 0 || fmt > 4 || ciphers[fmt] == 0)) {
        status = PC_INVALID(PC_ARG_FMT, PC_REASON_UNKNOWN);
    }
    if (status == PC_OK && !(ciphers[fmt] & CIPHER(found->cipher))) {
        status = PC_INVALID(PC_ARG_FMT, PC_REASON_WRONG_CIPHER);
    }
    status = status ? status : check_fill(fill, fill_size, pc_pinblock_fill(fmt));
#else
    if (status == PC_OK && fmt != 0) {
        status = PC_INVALID(PC_ARG_FMT, PC_REASON_UNKNOWN);
    }
#endif
    if (status == PC_OK) {
        *out_size = pc_cipher_block(found->cipher);
        status = encrypt(pc_slots_schedule(store, slot), fmt, &entry, out);
    }
    pc_memory_wipe(pin, pin_size);
    if (fill) {
        pc_memory_wipe(fill, fill_size);
    }
    pc_memory_burn_deep();
    return status;
}
