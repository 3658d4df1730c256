/* Sixteen write-only key slots. Keys go in, check values and results come out; no call returns a key.
 *
 * All calls return a status (status.h). A call that fails changes no slot. */
#ifndef PC_KEYSTORE_H
#define PC_KEYSTORE_H

#include <stddef.h>
#include <stdint.h>

#include "cipher.h"
#include "config.h"
#include "mac.h"
#include "selftest.h"
#include "siv.h"
#include "usage.h"
#if PC_WITH_DUKPT
#include "dukpt.h"
#endif

#define PC_SLOTS 16
#define PC_SCHEDULES (PC_WITH_SPEED ? 8 : 1) /* expanded keys kept, those used last */
#define PC_KCV 4        /* bytes handed out of a check value */
#define PC_KCV_MIN 3    /* bytes compared of one that is given: 3 to 5 */
#define PC_KCV_MAX 5
#define PC_WRAP_MAX 256 /* bytes of data that pc_keystore_wrap takes */

/* How a check value is made. */
#define PC_KCV_LEGACY 1 /* first bytes of the encryption of a block of zeros */
#define PC_KCV_CMAC 2   /* first bytes of the CMAC over a block of zeros */

typedef struct {
    uint8_t usage; /* 0 when the slot is empty */
    uint8_t cipher;
    uint8_t size;  /* bytes of key */
    uint8_t modes; /* PC_MODE_… */
    uint8_t alg;   /* the one PC_MAC_… it serves, 0 for all */
    uint8_t key[PC_KEY_MAX];
} pc_slot_t;

/* The expanded key of a slot. */
typedef struct {
    pc_cipher_t cipher;
    uint8_t slot; /* PC_SLOTS when free */
    uint8_t age;  /* 0 for the one used last */
} pc_schedule_t;

/* The store, at most 3 KB; the caller owns it and begins with pc_keystore_init. */
typedef struct {
    pc_slot_t slots[PC_SLOTS];
    pc_schedule_t schedules[PC_SCHEDULES];
#if PC_WITH_STREAM
    uint32_t changes[PC_SLOTS]; /* counts the keys a slot has seen, so that a stream notices a new one */
#endif
    pc_health_t *health;
} pc_keystore_t;

/* Make all slots empty, whatever the memory held. `health` (selftest.h) outlives the store; where no self-test has run yet it
 * runs now. After one that failed every call that uses or enters a key returns that failure. */
void pc_keystore_init(pc_keystore_t *store, pc_health_t *health);

/* Enter a clear key. `cipher` is PC_CIPHER_… or 0: AES for a DATA key of 32 bytes, else DES.
 * DES keys have 8, 16 or 24 bytes (KEK 16 or 24, DUKPT 16), AES keys 16, 24 or 32, SM4 keys 16; SM4 serves KEK, PIN, MAC
 * and DATA. With `strict` weak and semi-weak DES keys and equal neighbouring parts are refused (SP 800-67, section 3.3).
 * `kcv` receives PC_KCV bytes: CMAC for AES, legacy for the others. */
int pc_keystore_load(pc_keystore_t *store, int slot, int usage, int cipher, int strict, const uint8_t *key, size_t size,
                     uint8_t kcv[PC_KCV]);

/* How a key arrives under another one. */
typedef struct {
    const uint8_t *cryptogram; /* of `size` bytes, a multiple of the KEK's block */
    size_t size;
    const uint8_t *kcv; /* kcv_size bytes, 3 to 5, the beginning of its check value */
    size_t kcv_size;
    const uint8_t *iv; /* CBC mode from this block of iv_size bytes; 0 for ECB mode */
    size_t iv_size;
    int cipher;     /* as in pc_keystore_load; 0: AES for a DATA key of 32 bytes, else the KEK's for 16 bytes, else DES */
    int kcv_method; /* PC_KCV_…, 0: CMAC for AES, legacy for the others */
    int strict;     /* as in pc_keystore_load */
} pc_wrapped_key_t;

/* Enter a key under the KEK in slot `kek`, if its check value is the one given. */
int pc_keystore_load_under(pc_keystore_t *store, int slot, int usage, int kek, const pc_wrapped_key_t *wrapped);

/* Enter both working keys of a sign-in answer, field 62, under the KEK in slot `kek`: both or none. Parts are a key encrypted
 * in ECB mode and a legacy check value of 4 bytes, first PIN, then MAC. Under a triple DES key:
 *   24 bytes  8 + 4, 8 + 4
 *   40 bytes  16 + 4, 16 + 4; a MAC key whose last 8 bytes are zeros as they come is a single-length key
 * Under an SM4 or AES key:
 *   40 bytes  16 + 4, 16 + 4, keys of the same cipher
 * The three slots must differ. */
int pc_keystore_load_working(pc_keystore_t *store, int kek, int pin_slot, int mac_slot, int strict,
                             const uint8_t *field62, size_t size);

/* Enter the key of a TR-31 key block (tr31.h) of `size` ASCII characters under the KEK in slot `kek`, with the usage, modes
 * and algorithm that its header states. `kcv` as in pc_keystore_load. */
int pc_keystore_load_block(pc_keystore_t *store, int slot, int kek, int strict, const uint8_t *block, size_t size,
                           uint8_t kcv[PC_KCV]);

/* Check value of a slot; method 0: CMAC for AES, legacy for the others. Invalid `slot` when it is empty. */
int pc_keystore_kcv(const pc_keystore_t *store, int slot, int method, uint8_t kcv[PC_KCV]);

/* Usage of a slot, 0 when empty, to *usage. */
int pc_keystore_usage(const pc_keystore_t *store, int slot, int *usage);

int pc_keystore_erase(pc_keystore_t *store, int slot);
void pc_keystore_erase_all(pc_keystore_t *store);

/* Authentication code of `data` with a MAC or DATA key; alg and pad as in mac.h. *out_size receives 8 or 16. */
int pc_keystore_mac(pc_keystore_t *store, int slot, int alg, int pad, const uint8_t *data, size_t size,
                    uint8_t out[PC_BLOCK_MAX], size_t *out_size);

/* As pc_keystore_mac, compared in constant time with `code`: *equal receives 1 or 0. A code of another size differs. */
int pc_keystore_verify(pc_keystore_t *store, int slot, int alg, int pad, const uint8_t *data, size_t size,
                       const uint8_t *code, size_t code_size, int *equal);

#if PC_WITH_STREAM
/* The same in pieces. The stream holds no key; it fails once its slot has got another one. */
typedef struct {
    pc_mac_t mac;
    uint32_t changes;
    uint8_t slot;
    uint8_t finished;
} pc_mac_stream_t;

int pc_keystore_stream_start(pc_keystore_t *store, int slot, int alg, int pad, pc_mac_stream_t *stream);
int pc_keystore_stream_update(pc_keystore_t *store, pc_mac_stream_t *stream, const uint8_t *data, size_t size);
int pc_keystore_stream_finish(pc_keystore_t *store, pc_mac_stream_t *stream, uint8_t out[PC_BLOCK_MAX], size_t *out_size);
#endif

/* PIN block of format `fmt` under a PIN key: 0, 1 and 3 with DES (8 bytes), 4 with AES and 0 with SM4 (16 bytes). `pin` is
 * `pin_size` ASCII digits and is wiped in every case. `fill` holds pc_pinblock_fill(fmt) random bytes, or is 0: then formats
 * that need some are refused with invalid `entropy`, as is a fill of another size or of equal bytes. It is wiped as well. */
int pc_keystore_pin_block(pc_keystore_t *store, int slot, int fmt, uint8_t *pin, size_t pin_size, const uint8_t *pan,
                          size_t pan_size, uint8_t *fill, size_t fill_size, uint8_t out[PC_BLOCK_MAX], size_t *out_size);

/* AES-SIV under a 32-byte DATA key: `out` receives PC_SIV_TAG + size bytes. At most PC_WRAP_MAX bytes of data. */
int pc_keystore_wrap(const pc_keystore_t *store, int slot, const uint8_t *data, size_t size, const uint8_t *aad,
                     size_t aad_size, uint8_t *out);

/* Undo it: `out` receives size - PC_SIV_TAG bytes, or is wiped when the blob is not authentic. */
int pc_keystore_unwrap(const pc_keystore_t *store, int slot, const uint8_t *blob, size_t size, const uint8_t *aad,
                       size_t aad_size, uint8_t *out);

#if PC_WITH_DUKPT
/* Move the DUKPT key of a slot into `dukpt` (dukpt.h): the slot is empty afterwards. */
int pc_keystore_dukpt_start(pc_keystore_t *store, int slot, const uint8_t *ksn, size_t ksn_size, pc_dukpt_t *dukpt);

/* Enter a working key of the current transaction into a slot, usage and modes by its purpose (dukpt.h): PIN, MAC to make or
 * to check codes, DATA. `cipher` 0 is the scheme's own, `size` 0 its own size (DES 16, AES that of the derivation key). */
int pc_keystore_load_derived(pc_keystore_t *store, int slot, const pc_dukpt_t *dukpt, int purpose, int cipher, size_t size);
#endif

#endif
