/* Sixteen write-only key slots. Keys go in, check values and results come out; no call returns a key.
 *
 * All calls return a status (status.h). A call that fails changes no slot. */
#ifndef PC_KEYSTORE_H
#define PC_KEYSTORE_H

#include <stddef.h>
#include <stdint.h>

#include "cipher.h"
#include "mac.h"
#include "siv.h"

#define PC_SLOTS 16
#define PC_KEY_MAX 32  /* bytes */
#define PC_KCV 4       /* bytes kept of a check value; hosts send 3 or 4 */
#define PC_WRAP_MAX 256 /* bytes of data that pc_keystore_wrap takes */

/* What a key may be used for, and nothing else. */
#define PC_USAGE_KEK 1   /* decrypts other keys */
#define PC_USAGE_PIN 2   /* encrypts PIN blocks */
#define PC_USAGE_MAC 3   /* makes and checks authentication codes */
#define PC_USAGE_DATA 4  /* protects stored data: wrap, unwrap, and authentication codes */
#define PC_USAGE_DUKPT 5 /* initial key of a derivation scheme; can be kept and sealed */

typedef struct {
    uint8_t usage; /* 0 when the slot is empty */
    uint8_t cipher;
    uint8_t size; /* bytes of key */
    uint8_t key[PC_KEY_MAX];
} pc_slot_t;

/* The store, about 700 bytes without pointers; the caller owns it and begins with pc_keystore_init. */
typedef struct {
    pc_slot_t slots[PC_SLOTS];
    uint32_t changes[PC_SLOTS]; /* counts the keys a slot has seen, so that a stream notices a new one */
} pc_keystore_t;

/* Make all slots empty, whatever the memory held. */
void pc_keystore_init(pc_keystore_t *store);

/* Enter a clear key. `cipher` is PC_CIPHER_DES, PC_CIPHER_AES or 0: AES for 32 bytes, else DES.
 * DES keys: 8, 16 or 24 bytes, a KEK 16 or 24. AES keys: 16, 24 or 32 bytes, for MAC and DATA only.
 * A 32-byte key is a DATA key unless `cipher` says AES. `kcv` receives PC_KCV bytes. */
int pc_keystore_load(pc_keystore_t *store, int slot, int usage, int cipher, const uint8_t *key, size_t size,
                     uint8_t kcv[PC_KCV]);

/* Enter a DES key of 8, 16 or 24 bytes encrypted in ECB mode under the KEK in slot `kek`, if its check value begins
 * with `kcv` (3 or 4 bytes). */
int pc_keystore_load_under(pc_keystore_t *store, int slot, int usage, int kek, const uint8_t *cryptogram, size_t size,
                           const uint8_t *kcv, size_t kcv_size);

/* Enter both working keys of a sign-in answer, field 62, under the KEK in slot `kek`: both or none.
 * 40 bytes: PIN key 16, check value 4, MAC key 8 padded with zeros to 16 (or a full 16), check value 4.
 * 24 bytes: PIN key 8, check value 4, MAC key 8, check value 4. The three slots must differ. */
int pc_keystore_load_working(pc_keystore_t *store, int kek, int pin_slot, int mac_slot, const uint8_t *field62,
                             size_t size);

/* Check value of a slot: of a DES key the first bytes of its encryption of zeros, of an AES key of its CMAC over one
 * block of zeros (ANSI X9.24-1 annex, ISO 11568). Invalid `slot` when it is empty. */
int pc_keystore_kcv(const pc_keystore_t *store, int slot, uint8_t kcv[PC_KCV]);

/* Usage of a slot, 0 when empty, to *usage. */
int pc_keystore_usage(const pc_keystore_t *store, int slot, int *usage);

int pc_keystore_erase(pc_keystore_t *store, int slot);
void pc_keystore_erase_all(pc_keystore_t *store);

/* Authentication code of `data` with a MAC or DATA key; alg and pad as in mac.h. *out_size receives 8 or 16. */
int pc_keystore_mac(const pc_keystore_t *store, int slot, int alg, int pad, const uint8_t *data, size_t size,
                    uint8_t out[PC_BLOCK_MAX], size_t *out_size);

/* As pc_keystore_mac, compared in constant time with `code`: *equal receives 1 or 0. A code of another size differs. */
int pc_keystore_verify(const pc_keystore_t *store, int slot, int alg, int pad, const uint8_t *data, size_t size,
                       const uint8_t *code, size_t code_size, int *equal);

/* The same in pieces. The stream holds no key; it fails once its slot has got another one. */
typedef struct {
    pc_mac_t mac;
    uint32_t changes;
    uint8_t slot;
    uint8_t finished;
} pc_mac_stream_t;

int pc_keystore_stream_start(const pc_keystore_t *store, int slot, int alg, int pad, pc_mac_stream_t *stream);
int pc_keystore_stream_update(const pc_keystore_t *store, pc_mac_stream_t *stream, const uint8_t *data, size_t size);
int pc_keystore_stream_finish(const pc_keystore_t *store, pc_mac_stream_t *stream, uint8_t out[PC_BLOCK_MAX],
                              size_t *out_size);

/* PIN block of format `fmt` (0) under a PIN key. `pin` is `pin_size` ASCII digits and is wiped in every case. */
int pc_keystore_pin_block(const pc_keystore_t *store, int slot, int fmt, uint8_t *pin, size_t pin_size,
                          const uint8_t *pan, size_t pan_size, uint8_t out[PC_BLOCK_MAX], size_t *out_size);

/* AES-SIV under a 32-byte DATA key: `out` receives PC_SIV_TAG + size bytes. At most PC_WRAP_MAX bytes of data. */
int pc_keystore_wrap(const pc_keystore_t *store, int slot, const uint8_t *data, size_t size, const uint8_t *aad,
                     size_t aad_size, uint8_t *out);

/* Undo it: `out` receives size - PC_SIV_TAG bytes, or is wiped when the blob is not authentic. */
int pc_keystore_unwrap(const pc_keystore_t *store, int slot, const uint8_t *blob, size_t size, const uint8_t *aad,
                       size_t aad_size, uint8_t *out);

/* For the other files of the key store: check a slot number, naming `argument`; find a key of one of the usages. */
int pc_keystore_check_slot(int slot, int argument);
int pc_keystore_find(const pc_keystore_t *store, int slot, int argument, unsigned usages, const pc_slot_t **found);
/* 1 when the combination may stand in a slot, else 0. */
int pc_keystore_permits(int usage, int cipher, size_t size);

#endif
