/* DES and triple DES (FIPS 46-3, SP 800-67) in constant time.
 *
 * The S-boxes are not tables. All eight are evaluated together as one polynomial over GF(2) in the six input
 * bits (circuits_des.py writes its coefficients): the same ANDs and XORs for every key and text. */
#ifndef PC_DES_H
#define PC_DES_H

#include <stddef.h>
#include <stdint.h>

#include "config.h"

#define PC_DES_BLOCK 8  /* bytes */
#define PC_DES_KEY 8    /* bytes of one part, parity bits included and ignored */

/* The sixteen round keys of one part, 96 bytes; see des.c. */
typedef struct {
    uint32_t own[16];
    uint8_t side[16][2];
} pc_des_part_t;

/* An expanded key of one, two or three parts; owned by the caller and wiped by the caller. */
typedef struct {
    pc_des_part_t part[3];
    uint8_t parts; /* 1 DES, 2 or 3 triple DES */
} pc_des_t;

/* Expand a key of 8, 16 or 24 bytes. The caller has checked `size`. */
void pc_des_expand(pc_des_t *des, const uint8_t *key, size_t size);

/* Encrypt or decrypt one block with all parts of the key (EDE); `out` may be `in`. */
void pc_des_encrypt(const pc_des_t *des, const uint8_t in[PC_DES_BLOCK], uint8_t out[PC_DES_BLOCK]);
void pc_des_decrypt(const pc_des_t *des, const uint8_t in[PC_DES_BLOCK], uint8_t out[PC_DES_BLOCK]);

/* Single DES with one part (0 to 2) of the key, as ISO/IEC 9797-1 algorithm 3 needs it. */
void pc_des_encrypt_part(const pc_des_t *des, unsigned part, const uint8_t in[PC_DES_BLOCK], uint8_t out[PC_DES_BLOCK]);
void pc_des_decrypt_part(const pc_des_t *des, unsigned part, const uint8_t in[PC_DES_BLOCK], uint8_t out[PC_DES_BLOCK]);

#if PC_WITH_SPEED
/* CBC with one part, the last block only: `count` times block = encrypt(block + data), `data` being `count` blocks.
 * Cheaper than as many calls of pc_des_encrypt_part, because the chain stays in the order of the rounds. */
void pc_des_chain_part(const pc_des_t *des, unsigned part, uint8_t block[PC_DES_BLOCK], const uint8_t *data,
                       size_t count);
#endif

#endif
