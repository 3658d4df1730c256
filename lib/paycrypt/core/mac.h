/* Message authentication codes, in one call or in pieces of any size. */
#ifndef PC_MAC_H
#define PC_MAC_H

#include <stddef.h>
#include <stdint.h>

#include "cipher.h"

/* UnionPay ECB MAC: all blocks of the zero-padded data XORed to one; its upper-case hexadecimal characters, two blocks of
 * them; the first encrypted, XORed with the second, encrypted again. The code is the first eight hexadecimal characters of
 * the result, the eight bytes of field 64. DES, triple DES or SM4 (blocks of 16 bytes). */
#define PC_MAC_ECB_UNIONPAY 1
/* ISO/IEC 9797-1 algorithm 3 (ANSI X9.19, "retail MAC") with a double-length DES key: 8 bytes. */
#define PC_MAC_X919 2
/* ISO/IEC 9797-1 algorithm 1 (CBC MAC; with DES ANSI X9.9) with the key's own cipher: one block. */
#define PC_MAC_CBC 3
/* CMAC, NIST SP 800-38B, ISO/IEC 9797-1 algorithm 5, with the key's own cipher: one block. */
#define PC_MAC_CMAC 4

/* ISO/IEC 9797-1 section 6.3: method 1 adds zeros up to a full block, at least one block in all;
 * method 2 adds a one bit and then zeros. */
#define PC_PAD_ZEROS 1
#define PC_PAD_ONE_ZEROS 2

/* A code in the making. It holds no key, only the chained block; pc_mac_finish wipes it. */
typedef struct {
    uint32_t chain[PC_BLOCK_MAX / 4]; /* result of the blocks done, XORed with the beginning of the next one */
    uint8_t filled;                   /* bytes of that beginning */
    uint8_t begun;                    /* 1 after the first block */
    uint8_t alg;
    uint8_t pad;
} pc_mac_t;

/* Begin. 0, or invalid `alg` (unknown, or not for a key of `size` bytes and this cipher) or `pad`. */
int pc_mac_start(pc_mac_t *mac, int alg, int pad, int cipher, size_t size);

/* Add `size` bytes of data. */
void pc_mac_update(pc_mac_t *mac, const pc_cipher_t *cipher, const uint8_t *data, size_t size);

/* End: write the code to `out`, return its size in bytes (8 or 16), wipe the context. */
size_t pc_mac_finish(pc_mac_t *mac, const pc_cipher_t *cipher, uint8_t out[PC_BLOCK_MAX]);

#if PC_WITH_CMAC
/* Begin and end in one. The arguments of pc_mac_start are right. */
size_t pc_mac_whole(int alg, int pad, const pc_cipher_t *cipher, const uint8_t *data, size_t size, uint8_t out[PC_BLOCK_MAX]);

/* Double a block in GF(2^64) or GF(2^128) as CMAC and S2V do (SP 800-38B section 6.1, RFC 5297 section 2.3). */
void pc_mac_double(uint8_t *block, size_t size);
#endif

#endif
