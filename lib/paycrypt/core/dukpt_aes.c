#include "config.h"
#include "dukpt.h"

#if PC_WITH_DUKPT
#include "memory.h"

#define USAGE_DERIVATION 0x8000u /* a key from which others are derived */

/* The derivation data (X9.24-3:2017 section 6.3.2, tables 2 and 3), encrypted under the derivation key in as many
 * blocks as the new key fills. `key` may be `from`. */
PC_APART static void derive(const uint8_t ksn[PC_DUKPT_KSN_MAX], uint32_t counter, const uint8_t *from,
                            size_t from_size, unsigned usage, int cipher, size_t size, uint8_t *key) {
    pc_cipher_t derivation;
    uint8_t data[16];
    uint8_t block[16];
    data[0] = 1; /* version */
    data[1] = 0; /* counts the blocks */
    data[4] = 0;
    data[2] = (uint8_t)(usage >> 8);
    data[3] = (uint8_t)(usage & 0xffu);
    /* 0 and 1: double- and triple-length DES; 2, 3 and 4: AES of 128, 192 and 256 bits */
    data[5] = (uint8_t)((size >> 3) - (cipher == PC_CIPHER_DES ? 2 : 0));
    data[6] = (uint8_t)(size >> 5);
    data[7] = (uint8_t)(size << 3 & 0xffu);
    pc_memory_copy(data + 8, ksn + 4, 4);
    for (unsigned i = 0; i < 4; i++) {
        data[15 - i] = (uint8_t)(counter >> (8 * i) & 0xffu);
    }
    pc_cipher_expand(&derivation, PC_CIPHER_AES, from, from_size);
    for (size_t done = 0; done < size; done += sizeof block) {
        data[1]++;
        pc_cipher_encrypt(&derivation, data, block);
        pc_memory_copy(key + done, block, size - done < sizeof block ? size - done : sizeof block);
    }
}

void pc_dukpt_aes_child(const uint8_t ksn[PC_DUKPT_KSN_MAX], uint32_t counter, const uint8_t *parent, size_t size,
                        uint8_t *child) {
    derive(ksn, counter, parent, size, USAGE_DERIVATION, PC_CIPHER_AES, size, child);
}

void pc_dukpt_aes_working(const uint8_t ksn[PC_DUKPT_KSN_MAX], uint32_t counter, const uint8_t *transaction,
                          size_t size, int purpose, int cipher, size_t key_size, uint8_t *key) {
    /* PIN encryption; MAC generation, verification; data encryption, decryption (section 6.3.2, table 2), by purpose */
    static const uint16_t usages[] = {0, 0x1000, 0x2000, 0x2001, 0x3000, 0x3001};
    derive(ksn, counter, transaction, size, usages[purpose], cipher, key_size, key);
}
#endif
