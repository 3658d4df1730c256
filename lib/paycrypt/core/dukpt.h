/* Derived unique key per transaction, the terminal's side: ANSI X9.24-1:2009 (triple DES) and X9.24-3:2017 (AES).
 *
 * The key of counter c is derived from the key of c without its lowest one bit, the root being the initial key. So the
 * counters form a tree. Kept are only keys of nodes that lie ahead and whose parent lies behind: one register for each
 * zero bit of the counter. What has been used, and the initial key itself, can not be computed from them. */
#ifndef PC_DUKPT_H
#define PC_DUKPT_H

#include <stddef.h>
#include <stdint.h>

#include "cipher.h"

#define PC_DUKPT_BITS_DES 21 /* of the counter; at most 10 of them are ones */
#define PC_DUKPT_BITS_AES 32 /* of the counter; at most 16 of them are ones */
#define PC_DUKPT_KSN_DES 10  /* bytes of a key serial number: 59 bits of identification, 21 of counter */
#define PC_DUKPT_KSN_AES 12  /* bytes: 8 of identification (initial key id), 4 of counter */
#define PC_DUKPT_KSN_MAX 12
#define PC_DUKPT_IKID 8      /* bytes of identification, the first ones of a key serial number */

/* What a working key is for. */
#define PC_DUKPT_PIN 1           /* PIN encryption */
#define PC_DUKPT_MAC_REQUEST 2   /* codes the terminal makes (AES: MAC generation) */
#define PC_DUKPT_MAC_RESPONSE 3  /* codes the terminal checks (AES: MAC verification) */
#define PC_DUKPT_DATA_REQUEST 4  /* data the terminal encrypts */
#define PC_DUKPT_DATA_RESPONSE 5 /* data the terminal decrypts */

/* The state; about 1.1 KB, no pointers; owned by the caller, who begins with pc_dukpt_init. */
typedef struct {
    /* Register i: key of the next node whose lowest one is bit i. Zeros where that bit of the counter is a one, or
     * where the node would have more ones than are allowed. */
    uint8_t registers[PC_DUKPT_BITS_AES][PC_KEY_MAX];
    uint8_t current[PC_KEY_MAX];                      /* transaction key of `counter` */
    uint8_t ksn[PC_DUKPT_KSN_MAX];                    /* with the counter's bits zero */
    uint32_t counter;                                 /* of the last serial number handed out or skipped */
    uint8_t cipher;                                   /* PC_CIPHER_DES or PC_CIPHER_AES; 0 while empty */
    uint8_t size;                                     /* bytes of derivation key: 16; AES also 24, 32 */
    uint8_t live;                                     /* 1 while `current` may be used */
} pc_dukpt_t;

/* Make it empty, whatever the memory held. */
void pc_dukpt_init(pc_dukpt_t *dukpt);

/* Begin with an initial key: DES 16 bytes, AES 16, 24 or 32. `ksn` has 10 bytes for DES, 12 for AES (or the 8 of the
 * initial key id); counters up to the one in it count as used. The caller wipes `key`.
 * 0, or invalid `key` (cipher, length) or `ksn` (length; more one bits than allowed); then nothing changes. */
int pc_dukpt_start(pc_dukpt_t *dukpt, int cipher, const uint8_t *key, size_t size, const uint8_t *ksn,
                   size_t ksn_size);

/* Go to the next valid counter and hand out its serial number, 10 or 12 bytes: the caller stores it, then uses the key.
 * 0, or invalid `dukpt`: empty; exhausted, which it stays. */
int pc_dukpt_next(pc_dukpt_t *dukpt, uint8_t ksn[PC_DUKPT_KSN_MAX], size_t *ksn_size);

/* After a restart from an older blob: count everything up to the stored serial number `ksn` as used. Its own
 * transaction key is gone too, since it may have been used. 0, or invalid `dukpt` (empty) or `ksn` (length, another
 * identification, an impossible counter, a counter that lies behind); then nothing changes. */
int pc_dukpt_skip(pc_dukpt_t *dukpt, const uint8_t *ksn, size_t ksn_size);

/* Serial number of the last counter handed out or skipped. 0, or invalid `dukpt`: empty. */
int pc_dukpt_ksn(const pc_dukpt_t *dukpt, uint8_t ksn[PC_DUKPT_KSN_MAX], size_t *ksn_size);

/* Derive a working key of the current transaction to `key`. A DES scheme gives double-length DES keys (cipher
 * PC_CIPHER_DES, 16 bytes); an AES scheme gives AES keys of 16, 24 or 32 bytes, not longer than the derivation key, or
 * DES keys of 16 or 24 bytes. 0, or invalid `dukpt` (empty; no current transaction), `purpose`, `cipher` or `size`;
 * then `key` is left alone. */
int pc_dukpt_working_key(const pc_dukpt_t *dukpt, int purpose, int cipher, size_t size, uint8_t key[PC_KEY_MAX]);

/* The transaction is over: wipe its key. */
void pc_dukpt_finish(pc_dukpt_t *dukpt);

/* The two schemes, for the tree in dukpt.c: derive the key of node `counter` from its parent's key. `ksn` as in the
 * state; `child` may be `parent`. */
void pc_dukpt_des_child(const uint8_t ksn[PC_DUKPT_KSN_MAX], uint32_t counter, const uint8_t parent[16],
                        uint8_t child[16]);
void pc_dukpt_aes_child(const uint8_t ksn[PC_DUKPT_KSN_MAX], uint32_t counter, const uint8_t *parent, size_t size,
                        uint8_t *child);
/* And the working keys; the arguments have been checked. */
void pc_dukpt_des_working(const uint8_t transaction[16], int purpose, uint8_t key[16]);
void pc_dukpt_aes_working(const uint8_t ksn[PC_DUKPT_KSN_MAX], uint32_t counter, const uint8_t *transaction,
                          size_t size, int purpose, int cipher, size_t key_size, uint8_t *key);

#endif
