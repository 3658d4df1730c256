#include "mac.h"

#include "memory.h"
#include "status.h"

int pc_mac_start(pc_mac_t *mac, int alg, int pad, int cipher, size_t size) {
    if (alg < PC_MAC_ECB_UNIONPAY || alg > PC_MAC_CMAC) {
        return PC_INVALID(PC_ARG_ALG, PC_REASON_UNKNOWN);
    }
    if ((alg == PC_MAC_ECB_UNIONPAY || alg == PC_MAC_X919) && cipher != PC_CIPHER_DES) {
        return PC_INVALID(PC_ARG_ALG, PC_REASON_WRONG_CIPHER);
    }
    if (alg == PC_MAC_X919 && size != 16) {
        return PC_INVALID(PC_ARG_ALG, PC_REASON_NEEDS_DOUBLE);
    }
    if (pad != PC_PAD_ZEROS && pad != PC_PAD_ONE_ZEROS) {
        return PC_INVALID(PC_ARG_PAD, PC_REASON_UNKNOWN);
    }
    if (pad != PC_PAD_ZEROS && (alg == PC_MAC_ECB_UNIONPAY || alg == PC_MAC_CMAC)) {
        return PC_INVALID(PC_ARG_PAD, PC_REASON_NOT_PADDED);
    }
    pc_memory_wipe(mac, sizeof *mac);
    mac->alg = (uint8_t)alg;
    mac->pad = (uint8_t)pad;
    return PC_OK;
}

/* Chain the full block in `waiting`. */
static void chain_block(pc_mac_t *mac, const pc_cipher_t *cipher) {
    pc_memory_xor(mac->chain, mac->waiting, cipher->block);
    if (mac->alg == PC_MAC_X919) {
        pc_des_encrypt_part(&cipher->key.des, 0, mac->chain, mac->chain);
    } else if (mac->alg != PC_MAC_ECB_UNIONPAY) {
        pc_cipher_encrypt(cipher, mac->chain, mac->chain);
    }
    mac->filled = 0;
}

void pc_mac_update(pc_mac_t *mac, const pc_cipher_t *cipher, const uint8_t *data, size_t size) {
    for (size_t i = 0; i < size; i++) {
        if (mac->filled == cipher->block) {
            chain_block(mac, cipher);
        }
        mac->waiting[mac->filled++] = data[i];
    }
}

void pc_mac_double(uint8_t *block, size_t size) {
    const uint8_t constant = size == 16 ? 0x87 : 0x1b;
    const size_t last = size == 16 ? 15 : 7;
    const uint8_t carry = (uint8_t)(0u - (uint32_t)(block[0] >> 7));
    for (size_t i = 0; i < last; i++) {
        block[i] = (uint8_t)(block[i] << 1 | block[i + 1] >> 7);
    }
    block[last] = (uint8_t)(block[last] << 1 ^ (carry & constant));
}

static void fill(pc_mac_t *mac, size_t block, uint8_t first) {
    if (mac->filled < block) {
        mac->waiting[mac->filled++] = first;
    }
    while (mac->filled < block) {
        mac->waiting[mac->filled++] = 0;
    }
}

/* ISO/IEC 9797-1 section 6.3: the last block or blocks of the three padded algorithms. */
static void finish_padded(pc_mac_t *mac, const pc_cipher_t *cipher) {
    if (mac->pad == PC_PAD_ONE_ZEROS) {
        if (mac->filled == cipher->block) {
            chain_block(mac, cipher);
        }
        fill(mac, cipher->block, 0x80);
    } else {
        fill(mac, cipher->block, 0);
    }
    chain_block(mac, cipher);
}

/* SP 800-38B section 6.2: the last block is masked with K1 when it is full, else padded and masked with K2. */
static void finish_cmac(pc_mac_t *mac, const pc_cipher_t *cipher) {
    uint8_t mask[PC_BLOCK_MAX] = {0};
    pc_cipher_encrypt(cipher, mask, mask);
    pc_mac_double(mask, cipher->block);
    if (mac->filled < cipher->block) {
        pc_mac_double(mask, cipher->block);
        fill(mac, cipher->block, 0x80);
    }
    pc_memory_xor(mac->waiting, mask, cipher->block);
    chain_block(mac, cipher);
    pc_memory_wipe(mask, sizeof mask);
}

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

static void finish_unionpay(pc_mac_t *mac, const pc_cipher_t *cipher) {
    uint8_t characters[16];
    hex_characters(characters, mac->chain, 8);
    pc_cipher_encrypt(cipher, characters, mac->chain);
    pc_memory_xor(mac->chain, characters + 8, 8);
    pc_cipher_encrypt(cipher, mac->chain, mac->chain);
    hex_characters(characters, mac->chain, 4);
    pc_memory_copy(mac->chain, characters, 8);
    pc_memory_wipe(characters, sizeof characters);
}

size_t pc_mac_finish(pc_mac_t *mac, const pc_cipher_t *cipher, uint8_t out[PC_BLOCK_MAX]) {
    const size_t size = cipher->block;
    if (mac->alg == PC_MAC_CMAC) {
        finish_cmac(mac, cipher);
    } else {
        finish_padded(mac, cipher);
    }
    if (mac->alg == PC_MAC_X919) {
        /* output transformation 3 of ISO/IEC 9797-1: decrypt with the right half, encrypt with the left */
        pc_des_decrypt_part(&cipher->key.des, 1, mac->chain, mac->chain);
        pc_des_encrypt_part(&cipher->key.des, 0, mac->chain, mac->chain);
    } else if (mac->alg == PC_MAC_ECB_UNIONPAY) {
        finish_unionpay(mac, cipher);
    }
    pc_memory_copy(out, mac->chain, size);
    pc_memory_wipe(mac, sizeof *mac);
    return size;
}
