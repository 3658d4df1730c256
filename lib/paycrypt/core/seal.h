/* The whole key store as one authenticated blob, for storage across a restart.
 *
 *   header  8   "PCKS", version 1, 16 slots, 32 bytes of key a slot, 0: the associated data of AES-SIV
 *   tag    16   synthetic IV
 *   slots 560   encrypted: 16 times usage, cipher, size, key filled up with zeros to 32
 *
 * The size is always the same, so it does not tell how many keys there are. The same store under the same secret
 * gives the same blob. */
#ifndef PC_SEAL_H
#define PC_SEAL_H

#include "keystore.h"

#define PC_SEAL_SECRET PC_SIV_KEY /* bytes of the device secret */
#define PC_SEAL_HEADER 8
#define PC_SEAL_SLOT (3 + PC_KEY_MAX)
#define PC_SEAL_SIZE (PC_SEAL_HEADER + PC_SIV_TAG + PC_SLOTS * PC_SEAL_SLOT) /* 584 bytes */

/* Write the blob. 0, or invalid `secret`. */
int pc_seal_store(const pc_keystore_t *store, const uint8_t *secret, size_t secret_size, uint8_t blob[PC_SEAL_SIZE]);

/* Replace all slots by the blob's. 0, or invalid `secret` or `blob`; then no slot changes. */
int pc_seal_restore(pc_keystore_t *store, const uint8_t *blob, size_t size, const uint8_t *secret,
                    size_t secret_size);

#endif
