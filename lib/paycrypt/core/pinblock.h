/* Clear PIN blocks (ISO 9564-1:2017). Encrypting them is the key store's work. */
#ifndef PC_PINBLOCK_H
#define PC_PINBLOCK_H

#include <stddef.h>
#include <stdint.h>

#define PC_PIN_MIN 4
#define PC_PIN_MAX 12
#define PC_PAN_MIN 13 /* digits for formats 0 and 3; format 4 takes 12 */
#define PC_PAN_MAX 19
#define PC_PINBLOCK_FILL_MAX 20 /* bytes of random fill */

/* Bytes of random fill that format `fmt` takes: 0 none, 1 five, 3 twenty, 4 eight. 0 for an unknown format too. */
size_t pc_pinblock_fill(int fmt);

/* A PIN, what it is bound to, and randomness. `pin` and `pan` are ASCII digits, sizes in characters; format 1 does not look at
 * `pan`. `fill` holds pc_pinblock_fill(fmt) bytes. */
typedef struct {
    const uint8_t *pin;
    size_t pin_size;
    const uint8_t *pan;
    size_t pan_size;
    const uint8_t *fill;
} pc_pin_t;

/* Format 0 (section 9.3.2), 1 (9.3.3) or 3 (9.3.5): the clear block of `width` bytes. That is 8; format 0 also fills the 16
 * bytes of an SM4 block, the filler F going on and the PAN's digits at the right end, as banks with SM4 keys take it.
 * The fill digits of format 3 come from two bytes each, (value * 6) >> 16: the frequencies of the six differ by less than
 * 1 in 10000. 0, or invalid `pin` or `pan`; then `block` is wiped. Only the PIN's length shows in timing. */
int pc_pinblock_encode(int fmt, const pc_pin_t *pin, uint8_t *block, size_t width);

/* Format 4 (section 9.4): the plain text PIN field and the plain text PAN field, 16 bytes each. */
int pc_pinblock_encode_format4(const pc_pin_t *pin, uint8_t pin_field[16], uint8_t pan_field[16]);

#endif
