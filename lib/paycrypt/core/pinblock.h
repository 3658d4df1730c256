/* Clear PIN blocks (ISO 9564-1). Encrypting them is the key store's work. */
#ifndef PC_PINBLOCK_H
#define PC_PINBLOCK_H

#include <stddef.h>
#include <stdint.h>

#define PC_PIN_MIN 4
#define PC_PIN_MAX 12
#define PC_PAN_MIN 13
#define PC_PAN_MAX 19

/* Format 0 (ISO 9564-1 section 9.3.2): 0, length, PIN, F...F, XORed with 0000 and the twelve rightmost digits of
 * the PAN without its check digit. `pin` and `pan` are ASCII digits, sizes in characters.
 * 0, or invalid `pin` or `pan`; then `block` is wiped. Only the PIN's length shows in timing. */
int pc_pinblock_encode_format0(const uint8_t *pin, size_t pin_size, const uint8_t *pan, size_t pan_size,
                               uint8_t block[8]);

#endif
