/* AES-SIV with a 32-byte key (RFC 5297, AEAD_AES_SIV_CMAC_256: both halves are AES-128 keys).
 *
 * Deterministic: no nonce is needed, and repeating one harms nothing but that equal messages show as equal.
 * There is always exactly one string of associated data, be it empty: S2V(K1, aad, plaintext). */
#ifndef PC_SIV_H
#define PC_SIV_H

#include <stddef.h>
#include <stdint.h>

#define PC_SIV_KEY 32 /* bytes */
#define PC_SIV_TAG 16 /* bytes of the synthetic IV before the ciphertext */

/* Encrypt `text` (`size` bytes) in place and write the synthetic IV to `tag`. */
void pc_siv_encrypt(const uint8_t key[PC_SIV_KEY], const uint8_t *aad, size_t aad_size, uint8_t *text, size_t size,
                    uint8_t tag[PC_SIV_TAG]);

/* Decrypt `text` in place and check `tag`. 1 when authentic; else 0 and `text` is wiped. */
int pc_siv_decrypt(const uint8_t key[PC_SIV_KEY], const uint8_t *aad, size_t aad_size, uint8_t *text, size_t size,
                   const uint8_t tag[PC_SIV_TAG]);

#endif
