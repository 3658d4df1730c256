#include "pinblock.h"

#include "config.h"
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

static int check(const pc_pin_t *pin, size_t pan_minimum) {
    if (pin->pin_size < PC_PIN_MIN || pin->pin_size > PC_PIN_MAX) {
        return PC_INVALID(PC_ARG_PIN, PC_REASON_LENGTH);
    }
    if (pan_minimum && (pin->pan_size < pan_minimum || pin->pan_size > PC_PAN_MAX)) {
        return PC_INVALID(PC_ARG_PAN, PC_REASON_LENGTH);
    }
    if (pc_memory_public((int)not_digits(pin->pin, pin->pin_size))) {
        return PC_INVALID(PC_ARG_PIN, PC_REASON_DIGITS);
    }
    if (pan_minimum && pc_memory_public((int)not_digits(pin->pan, pin->pan_size))) {
        return PC_INVALID(PC_ARG_PAN, PC_REASON_DIGITS);
    }
    return PC_OK;
}

static void put_nibble(uint8_t *block, size_t place, uint32_t nibble) {
    block[place / 2] = (uint8_t)(block[place / 2] ^ nibble << (place % 2 ? 0 : 4));
}

/* The format's number, the length, the PIN; returns the place after them. */
static size_t put_pin(uint8_t *block, uint32_t fmt, const pc_pin_t *pin) {
    put_nibble(block, 0, fmt);
    put_nibble(block, 1, (uint32_t)pin->pin_size);
    for (size_t i = 0; i < pin->pin_size; i++) {
        put_nibble(block, i + 2, pin->pin[i] & 15u);
    }
    return pin->pin_size + 2;
}

static uint32_t fill_digit(int fmt, const uint8_t *fill, size_t place) {
#if PC_WITH_FORMATS
    const size_t i = place - (PC_PIN_MIN + 2);
    if (fmt == 1) {
        return (uint32_t)fill[i / 2] >> (i % 2 ? 0 : 4) & 15u;
    }
    if (fmt == 3) {
        return 10 + ((((uint32_t)fill[2 * i] << 8 | fill[2 * i + 1]) * 6) >> 16);
    }
#else
    (void)fmt;
    (void)fill;
    (void)place;
#endif
    return 15;
}

int pc_pinblock_encode(int fmt, const pc_pin_t *pin, uint8_t *block, size_t width) {
    pc_memory_wipe(block, width);
    const int status = check(pin, PC_WITH_FORMATS && fmt == 1 ? 0 : PC_PAN_MIN);
    if (status) {
        return status;
    }
    for (size_t place = put_pin(block, (uint32_t)fmt, pin); place < 2 * width; place++) {
        put_nibble(block, place, fill_digit(fmt, pin->fill, place));
    }
    if (!PC_WITH_FORMATS || fmt != 1) {
        /* the twelve rightmost digits of the PAN without its check digit */
        for (size_t i = 0; i < 12; i++) {
            put_nibble(block, 2 * width - 12 + i, pin->pan[pin->pan_size - 13 + i] & 15u);
        }
    }
    return PC_OK;
}

#if PC_WITH_FORMATS
size_t pc_pinblock_fill(int fmt) {
    static const uint8_t sizes[5] = {0, 5, 0, PC_PINBLOCK_FILL_MAX, 8};
    return fmt >= 0 && fmt < 5 ? sizes[fmt] : 0;
}

int pc_pinblock_encode_format4(const pc_pin_t *pin, uint8_t pin_field[16], uint8_t pan_field[16]) {
    pc_memory_wipe(pin_field, 16);
    pc_memory_wipe(pan_field, 16);
    const int status = check(pin, PC_PAN_MIN - 1);
    if (status) {
        return status;
    }
    for (size_t place = put_pin(pin_field, 4, pin); place < 16; place++) {
        put_nibble(pin_field, place, 10);
    }
    pc_memory_copy(pin_field + 8, pin->fill, 8);
    put_nibble(pan_field, 0, (uint32_t)pin->pan_size - 12);
    for (size_t i = 0; i < pin->pan_size; i++) {
        put_nibble(pan_field, i + 1, pin->pan[i] & 15u);
    }
    return PC_OK;
}
#else
size_t pc_pinblock_fill(int fmt) {
    (void)fmt;
    return 0;
}
#endif
