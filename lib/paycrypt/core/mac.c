#include "mac.h"

#include "memory.h"
#include "status.h"

#define CIPHER(kind) (1u << (kind))
#define ANY_CIPHER (CIPHER(PC_CIPHER_DES) | CIPHER(PC_CIPHER_AES) | CIPHER(PC_CIPHER_SM4))

/* What an algorithm goes with. */
static const struct {
    uint8_t ciphers;
    uint8_t size; /* bytes of key, 0 for any */
    uint8_t pads; /* highest padding method */
} rules[] = {
    [PC_MAC_ECB_UNIONPAY] = {CIPHER(PC_CIPHER_DES) | CIPHER(PC_CIPHER_SM4), 0, PC_PAD_ZEROS},
    [PC_MAC_X919] = {CIPHER(PC_CIPHER_DES), 16, PC_PAD_ONE_ZEROS},
    [PC_MAC_CBC] = {ANY_CIPHER, 0, PC_PAD_ONE_ZEROS},
#if PC_WITH_CMAC
    [PC_MAC_CMAC] = {ANY_CIPHER, 0, PC_PAD_ZEROS},
#endif
};

int pc_mac_start(pc_mac_t *mac, int alg, int pad, int cipher, size_t size) {
    if (alg < PC_MAC_ECB_UNIONPAY || alg >= (int)(sizeof rules / sizeof rules[0])) {
        return PC_INVALID(PC_ARG_ALG, PC_REASON_UNKNOWN);
    }
    if (!(rules[alg].ciphers & CIPHER(cipher))) {
        return PC_INVALID(PC_ARG_ALG, PC_REASON_WRONG_CIPHER);
    }
    if (rules[alg].size && size != rules[alg].size) {
        return PC_INVALID(PC_ARG_ALG, PC_REASON_NEEDS_DOUBLE);
    }
    if (pad != PC_PAD_ZEROS && pad != PC_PAD_ONE_ZEROS) {
        return PC_INVALID(PC_ARG_PAD, PC_REASON_UNKNOWN);
    }
    if (pad > rules[alg].pads) {
        return PC_INVALID(PC_ARG_PAD, PC_REASON_NOT_PADDED);
    }
    pc_memory_wipe(mac, sizeof *mac);
    mac->alg = (uint8_t)alg;
    mac->pad = (uint8_t)pad;
    return PC_OK;
}

/* Encrypt the full block; not where blocks are only added up. */
static void chain_block(pc_mac_t *mac, const pc_cipher_t *cipher) {
    uint8_t *const chain = (uint8_t *)mac->chain;
    if (mac->alg == PC_MAC_X919) {
        pc_des_encrypt_part(&cipher->key.des, 0, chain, chain);
    } else if (mac->alg != PC_MAC_ECB_UNIONPAY) {
        pc_cipher_encrypt(cipher, chain, chain);
    }
    mac->filled = 0;
    mac->begun = 1;
}

#if PC_WITH_SPEED
/* Codes whose blocks are encrypted with one part of a DES key alone. */
static int single_des(const pc_mac_t *mac, const pc_cipher_t *cipher) {
    return mac->alg == PC_MAC_X919 ||
           (mac->alg == PC_MAC_CBC && cipher->kind == PC_CIPHER_DES && cipher->key.des.parts == 1);
}

PC_APART void pc_mac_update(pc_mac_t *mac, const pc_cipher_t *cipher, const uint8_t *data, size_t size) {
    uint8_t *const chain = (uint8_t *)mac->chain;
    const size_t block = cipher->block;
    while (size) {
        size_t part = block - mac->filled;
        if (part == 0) {
            chain_block(mac, cipher);
            part = block;
        }
        /* no division: it is a library call where the processor has none */
        const size_t count = part == block ? size >> (block == PC_DES_BLOCK ? 3 : 4) : 0;
        if (count && single_des(mac, cipher)) {
            pc_des_chain_part(&cipher->key.des, 0, chain, data, count);
            mac->begun = 1;
            part = count * block;
        } else if (count && mac->alg == PC_MAC_ECB_UNIONPAY) {
            pc_memory_fold(chain, data, block, count);
            part = count * block;
        } else {
            part = size < part ? size : part;
            pc_memory_xor(chain + mac->filled, data, part);
            mac->filled = (uint8_t)(mac->filled + part);
            /* CMAC treats the last block in another way, so there a full one waits */
            if (mac->filled == block && mac->alg != PC_MAC_CMAC) {
                chain_block(mac, cipher);
            }
        }
        data += part;
        size -= part;
    }
}
#else
PC_APART void pc_mac_update(pc_mac_t *mac, const pc_cipher_t *cipher, const uint8_t *data, size_t size) {
    for (; size; size--) {
        ((uint8_t *)mac->chain)[mac->filled++] ^= *data++;
        if (mac->filled == PC_CIPHER_BLOCK(cipher)) {
            chain_block(mac, cipher);
        }
    }
}
#endif

#if PC_WITH_CMAC
void pc_mac_double(uint8_t *block, size_t size) {
    const uint8_t constant = size == 16 ? 0x87 : 0x1b;
    const size_t last = size == 16 ? 15 : 7;
    const uint8_t carry = (uint8_t)(0u - (uint32_t)(block[0] >> 7));
    for (size_t i = 0; i < last; i++) {
        block[i] = (uint8_t)(block[i] << 1 | block[i + 1] >> 7);
    }
    block[last] = (uint8_t)(block[last] << 1 ^ (carry & constant));
}

/* SP 800-38B section 6.2: a full last block is masked with K1, a padded one with K2. */
static void mask_last(pc_mac_t *mac, const pc_cipher_t *cipher) {
    uint8_t mask[PC_BLOCK_MAX];
    pc_memory_wipe(mask, sizeof mask);
    pc_cipher_encrypt(cipher, mask, mask);
    pc_mac_double(mask, cipher->block);
    if (mac->filled < cipher->block) {
        pc_mac_double(mask, cipher->block);
        mask[mac->filled] ^= 0x80;
    }
    pc_memory_xor((uint8_t *)mac->chain, mask, cipher->block);
}

#endif

/* Upper-case hexadecimal without a table: 10 to 15 are seven places further on. */
static uint8_t hex_digit(uint32_t nibble) {
    return (uint8_t)('0' + nibble + (7u & (0u - ((9u - nibble) >> 31))));
}

static void hex_characters(uint8_t *characters, const uint8_t *bytes, size_t size) {
    for (size_t i = 0; i < size; i++) {
        characters[2 * i] = hex_digit(bytes[i] >> 4);
        characters[2 * i + 1] = hex_digit(bytes[i] & 15u);
    }
}

static void finish_unionpay(uint8_t *chain, const pc_cipher_t *cipher) {
    uint8_t characters[2 * PC_BLOCK_MAX];
    hex_characters(characters, chain, PC_CIPHER_BLOCK(cipher));
    pc_cipher_encrypt(cipher, characters, chain);
    pc_memory_xor(chain, characters + PC_CIPHER_BLOCK(cipher), PC_CIPHER_BLOCK(cipher));
    pc_cipher_encrypt(cipher, chain, chain);
    hex_characters(characters, chain, 4);
    pc_memory_copy(chain, characters, 8);
}

PC_APART size_t pc_mac_finish(pc_mac_t *mac, const pc_cipher_t *cipher, uint8_t out[PC_BLOCK_MAX]) {
    uint8_t *const chain = (uint8_t *)mac->chain;
    const size_t size = mac->alg == PC_MAC_ECB_UNIONPAY ? 8 : PC_CIPHER_BLOCK(cipher);
#if PC_WITH_CMAC
    if (mac->alg == PC_MAC_CMAC) {
        mask_last(mac, cipher);
        chain_block(mac, cipher);
    } else
#endif
    if (mac->pad == PC_PAD_ONE_ZEROS) {
        chain[mac->filled] ^= 0x80;
        chain_block(mac, cipher);
    } else if (mac->filled || !mac->begun) {
        /* the zeros of the padding are in the sum already; without data there is a block of them */
        chain_block(mac, cipher);
    }
    if (mac->alg == PC_MAC_X919) {
        /* output transformation 3 of ISO/IEC 9797-1: decrypt with the right half, encrypt with the left */
        pc_des_decrypt_part(&cipher->key.des, 1, chain, chain);
        pc_des_encrypt_part(&cipher->key.des, 0, chain, chain);
    } else if (mac->alg == PC_MAC_ECB_UNIONPAY) {
        finish_unionpay(chain, cipher);
    }
    pc_memory_copy(out, chain, size);
    pc_memory_wipe(mac, sizeof *mac);
    return size;
}

#if PC_WITH_CMAC
size_t pc_mac_whole(int alg, int pad, const pc_cipher_t *cipher, const uint8_t *data, size_t size, uint8_t out[PC_BLOCK_MAX]) {
    pc_mac_t mac;
    pc_memory_wipe(&mac, sizeof mac);
    mac.alg = (uint8_t)alg;
    mac.pad = (uint8_t)pad;
    pc_mac_update(&mac, cipher, data, size);
    return pc_mac_finish(&mac, cipher, out);
}
#endif
