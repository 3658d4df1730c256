#include "pinblock.h"

#include "memory.h"
#include "status.h"

/* Nonzero when one of the characters is no digit; looks at all of them. */
static uint32_t not_digits(const uint8_t *text, size_t size) {
    uint32_t bad = 0;
    for (size_t i = 0; i < size; i++) {
        /* below '0' the first difference wraps, above '9' the second */
        bad |= (text[i] - (uint32_t)'0') >> 31 | ((uint32_t)'9' - text[i]) >> 31;
    }
    return bad;
}

static void put_nibble(uint8_t block[8], unsigned place, uint32_t nibble) {
    block[place / 2] = (uint8_t)(block[place / 2] ^ nibble << (place % 2 ? 0 : 4));
}

int pc_pinblock_encode_format0(const uint8_t *pin, size_t pin_size, const uint8_t *pan, size_t pan_size,
                               uint8_t block[8]) {
    pc_memory_wipe(block, 8);
    if (pin_size < PC_PIN_MIN || pin_size > PC_PIN_MAX) {
        return PC_INVALID(PC_ARG_PIN, PC_REASON_LENGTH);
    }
    if (pan_size < PC_PAN_MIN || pan_size > PC_PAN_MAX) {
        return PC_INVALID(PC_ARG_PAN, PC_REASON_LENGTH);
    }
    if (not_digits(pin, pin_size)) {
        return PC_INVALID(PC_ARG_PIN, PC_REASON_DIGITS);
    }
    if (not_digits(pan, pan_size)) {
        return PC_INVALID(PC_ARG_PAN, PC_REASON_DIGITS);
    }
    put_nibble(block, 1, (uint32_t)pin_size);
    for (unsigned i = 0; i < 14; i++) {
        put_nibble(block, i + 2, i < pin_size ? pin[i] & 15u : 15u);
    }
    for (unsigned i = 0; i < 12; i++) {
        put_nibble(block, i + 4, pan[pan_size - 13 + i] & 15u);
    }
    return PC_OK;
}
