/* The whole key store, or a derivation state, as one authenticated blob for storage across a restart.
 *
 *   header  8   "PCKS" or "PCDK", version 2, number of entries, bytes of key an entry, cipher of the derivation keys
 *   tag    16   synthetic IV
 *   entries     encrypted
 *
 * The header is the associated data of AES-SIV. Entries of a store: 16 times usage, cipher, size, modes, algorithm, key filled
 * up with zeros to 32; the size is always the same, so it does not tell how many keys there are. Entries of a derivation
 * state: one register for each counter bit, then serial number, counter. The current transaction key is not kept. The same
 * content under the same secret gives the same blob. */
#ifndef PC_SEAL_H
#define PC_SEAL_H

#include "keystore.h"

#define PC_SEAL_SECRET PC_SIV_KEY /* bytes of the device secret */
#define PC_SEAL_HEADER 8
#define PC_SEAL_SLOT (5 + PC_KEY_MAX)
#define PC_SEAL_SIZE (PC_SEAL_HEADER + PC_SIV_TAG + PC_SLOTS * PC_SEAL_SLOT) /* 616 bytes */

/* Write the blob. 0, or invalid `secret`. */
int pc_seal_store(const pc_keystore_t *store, const uint8_t *secret, size_t secret_size, uint8_t blob[PC_SEAL_SIZE]);

/* Replace all slots by the blob's. 0, or invalid `secret` or `blob`; then no slot changes. */
int pc_seal_restore(pc_keystore_t *store, const uint8_t *blob, size_t size, const uint8_t *secret,
                    size_t secret_size);

#if PC_WITH_DUKPT
#define PC_SEAL_DUKPT_TAIL (PC_DUKPT_KSN_MAX + 4)
#define PC_SEAL_DUKPT_MAX (PC_SEAL_HEADER + PC_SIV_TAG + PC_DUKPT_BITS_AES * PC_KEY_MAX + PC_SEAL_DUKPT_TAIL) /* 1064 bytes */

/* Write the blob of a derivation state: 376 bytes for DES, 552, 808 or 1064 for AES. 0, or invalid `dukpt` (empty) or
 * `secret`. */
int pc_seal_dukpt(const pc_dukpt_t *dukpt, const uint8_t *secret, size_t secret_size, uint8_t blob[PC_SEAL_DUKPT_MAX],
                  size_t *size);

/* Replace the derivation state by the blob's. 0, or invalid `secret` or `blob`; then it does not change. */
int pc_seal_dukpt_restore(pc_dukpt_t *dukpt, const uint8_t *blob, size_t size, const uint8_t *secret, size_t secret_size);
#endif

#endif
