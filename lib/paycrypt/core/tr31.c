#include "tr31.h"

#include "config.h"

#if PC_WITH_TR31
#include "mac.h"
#include "memory.h"
#include "status.h"
#include "usage.h"

#define HEADER 16 /* characters before the optional blocks */

/* By version (TR 31-2018 section 5.3): A and C encrypt, then authenticate; B and D authenticate, then encrypt. */
typedef struct {
    uint8_t name;
    uint8_t kind;  /* cipher of the protection key */
    uint8_t block; /* bytes, a power of two */
    uint8_t code;  /* bytes of authenticator */
    uint8_t bound; /* 1: keys derived by CMAC, authenticator over the clear key; 0: variants, over the encrypted key */
} version_t;

static const version_t versions[] = {
    {'A', PC_CIPHER_DES, 8, 4, 0},
    {'B', PC_CIPHER_DES, 8, 8, 1},
    {'C', PC_CIPHER_DES, 8, 4, 0},
    {'D', PC_CIPHER_AES, 16, 16, 1},
};

#define DERIVE 16u /* beside PC_MODE_… */
#define CODES (PC_MODE_GENERATE | PC_MODE_VERIFY)
#define CIPHERS (PC_MODE_ENCRYPT | PC_MODE_DECRYPT)

/* Modes of use of a header. */
static const uint8_t modes[][2] = {
    {'B', CIPHERS},          {'C', CODES},                {'D', PC_MODE_DECRYPT}, {'E', PC_MODE_ENCRYPT},
    {'G', PC_MODE_GENERATE}, {'N', PC_MODE_ALL | DERIVE}, {'V', PC_MODE_VERIFY},  {'X', DERIVE},
};

/* Sets of key lengths: bit i for 8 * i bytes. */
#define SINGLE 2u
#define DOUBLE 4u
#define TRIPLE 8u
#define AES_ALL (4u | 8u | 16u)

/* Key usages taken, what they serve here, lengths of DES and AES keys. M0 is ISO 16609: CBC mode with triple DES. */
static const struct {
    uint8_t name[2];
    uint8_t usage, modes, alg, des, aes;
} usages[] = {
    {{'K', '0'}, PC_USAGE_KEK, PC_MODE_DECRYPT, 0, DOUBLE | TRIPLE, AES_ALL},
    {{'K', '1'}, PC_USAGE_KEK, PC_MODE_DECRYPT, 0, DOUBLE | TRIPLE, AES_ALL},
    {{'P', '0'}, PC_USAGE_PIN, PC_MODE_ENCRYPT, 0, SINGLE | DOUBLE | TRIPLE, AES_ALL},
    {{'M', '0'}, PC_USAGE_MAC, CODES, PC_MAC_CBC, DOUBLE | TRIPLE, 0},
    {{'M', '1'}, PC_USAGE_MAC, CODES, PC_MAC_CBC, SINGLE | DOUBLE | TRIPLE, AES_ALL},
    {{'M', '3'}, PC_USAGE_MAC, CODES, PC_MAC_X919, DOUBLE, 0},
    {{'M', '6'}, PC_USAGE_MAC, CODES, PC_MAC_CMAC, DOUBLE | TRIPLE, AES_ALL},
    {{'D', '0'}, PC_USAGE_DATA, CIPHERS, 0, SINGLE | DOUBLE | TRIPLE, AES_ALL},
    {{'B', '1'}, PC_USAGE_DUKPT, DERIVE, 0, DOUBLE, AES_ALL},
};

/* A reading place in the block. */
typedef struct {
    const uint8_t *block;
    size_t size;
    size_t at;
    int status; /* the first fault */
} reader_t;

static void fault(reader_t *reader, unsigned reason) {
    if (!reader->status) {
        reader->status = PC_INVALID(PC_ARG_BLOCK, reason);
    }
}

/* Read `count` characters as a number to base 10 or 16. The value stops growing where it exceeds any length. */
static uint32_t read_number(reader_t *reader, size_t count, uint32_t base) {
    uint32_t value = 0;
    if (count > reader->size - reader->at) {
        fault(reader, PC_REASON_LENGTH);
        return 0;
    }
    for (; count > 0; count--) {
        const uint32_t character = reader->block[reader->at++];
        uint32_t digit = character - '0';
        if (digit > 9) {
            digit = character - 'A' < 6 ? character - 'A' + 10 : 16;
        }
        if (digit >= base) {
            fault(reader, base == 16 ? PC_REASON_HEX : PC_REASON_DIGITS);
        }
        if (value <= PC_TR31_MAX) {
            value = value * base + digit;
        }
    }
    return value;
}

static void read_bytes(reader_t *reader, uint8_t *bytes, size_t count) {
    while (count--) {
        *bytes++ = (uint8_t)read_number(reader, 2, 16);
    }
}

/* Pass an optional block: identifier; length of the whole in two digits, or 00, a number of pairs of digits, and the
 * length in that many; data. */
static void pass_optional(reader_t *reader) {
    const size_t start = reader->at;
    if (reader->size - start < 4) {
        fault(reader, PC_REASON_LENGTH);
        return;
    }
    reader->at += 2;
    size_t length = read_number(reader, 2, 16);
    if (!length) {
        length = read_number(reader, 2 * read_number(reader, 2, 16), 16);
    }
    if (length < reader->at - start || length > reader->size - start) {
        fault(reader, PC_REASON_LENGTH);
        return;
    }
    reader->at = start + length;
    for (size_t i = start; i < reader->at; i++) {
        if (reader->block[i] < 0x20 || reader->block[i] > 0x7e) {
            fault(reader, PC_REASON_CONTENT);
        }
    }
}

/* What is wiped at the end. */
typedef struct {
    pc_cipher_t cipher;
    pc_mac_t mac;
    uint8_t derived[PC_KEY_MAX];
    uint8_t code[PC_BLOCK_MAX], expected[PC_BLOCK_MAX];
    uint8_t text[PC_TR31_MAX / 2];
} work_t;

/* The code of two pieces of data under the expanded key. */
static void make_code(work_t *work, int alg, size_t key_size, const uint8_t *first, size_t first_size,
                      const uint8_t *second, size_t second_size, uint8_t *code) {
    pc_mac_start(&work->mac, alg, PC_PAD_ZEROS, work->cipher.kind, key_size);
    pc_mac_update(&work->mac, &work->cipher, first, first_size);
    pc_mac_update(&work->mac, &work->cipher, second, second_size);
    pc_mac_finish(&work->mac, &work->cipher, code);
}

/* Expand the key for encryption (`indicator` 0) or authentication (1) that the protection key gives. */
static void expand_derived(work_t *work, const version_t *version, const uint8_t *kbpk, size_t size,
                           uint8_t indicator) {
    if (version->bound) {
        /* sections 5.3.2.1 and 5.3.2.3: counter; usage; 0; algorithm, 0 and 1 DES of two and three parts, 2 to 4 AES;
         * length in bits */
        uint8_t data[8] = {0};
        data[2] = indicator;
        data[5] = (uint8_t)((size >> 3) - (version->kind == PC_CIPHER_DES ? 2 : 0));
        data[6] = (uint8_t)(size >> 5);
        data[7] = (uint8_t)(size << 3 & 0xff);
        pc_cipher_expand(&work->cipher, version->kind, kbpk, size);
        for (size_t done = 0; done < size; done += version->block) {
            data[0]++;
            make_code(work, PC_MAC_CMAC, size, data, sizeof data, data, 0, work->derived + done);
        }
    } else {
        for (size_t i = 0; i < size; i++) {
            work->derived[i] = (uint8_t)(kbpk[i] ^ (indicator ? 0x4d : 0x45));
        }
    }
    pc_cipher_expand(&work->cipher, version->kind, work->derived, size);
}

/* Take the key from an authentic block: length in bits, key, padding. */
static int admit(const uint8_t *block, const uint8_t *text, size_t text_size, pc_tr31_key_t *key) {
    const unsigned bits = (unsigned)pc_memory_public(text[0] << 8 | text[1]);
    const uint8_t algorithm = block[7];
    unsigned mode = 0, row = 0, lengths = 0;
    for (unsigned i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        mode |= modes[i][0] == block[8] ? modes[i][1] : 0u;
    }
    for (unsigned i = 0; i < sizeof usages / sizeof usages[0]; i++) {
        if (usages[i].name[0] == block[5] && usages[i].name[1] == block[6]) {
            row = i;
            lengths = algorithm == 'A'   ? usages[i].aes
                      : algorithm == 'T' ? usages[i].des & (DOUBLE | TRIPLE)
                      : algorithm == 'D' ? usages[i].des & SINGLE
                                         : 0u;
        }
    }
    mode &= usages[row].modes;
    /* a key version that begins with c marks a component, not a key; the last two characters are reserved */
    if (!lengths || !mode || block[9] == 'c' || block[14] != '0' || block[15] != '0') {
        return PC_INVALID(PC_ARG_BLOCK, PC_REASON_UNKNOWN);
    }
    if ((bits & 63) || bits > 8 * PC_KEY_MAX || !(lengths >> (bits >> 6) & 1u) || 2 + (bits >> 3) > text_size) {
        return PC_INVALID(PC_ARG_BLOCK, PC_REASON_CONTENT);
    }
    key->size = (uint8_t)(bits >> 3);
    pc_memory_copy(key->key, text + 2, key->size);
    key->cipher = algorithm == 'A' ? PC_CIPHER_AES : PC_CIPHER_DES;
    key->usage = usages[row].usage;
    key->modes = (uint8_t)(mode == DERIVE ? PC_MODE_ALL : mode);
    key->alg = usages[row].alg;
    return PC_OK;
}

int pc_tr31_open(int kind, const uint8_t *kbpk, size_t kbpk_size, const uint8_t *block, size_t size,
                 pc_tr31_key_t *key) {
    reader_t reader = {block, size, 1, PC_OK};
    const version_t *version = 0;
    work_t work;
    pc_memory_wipe(key, sizeof *key);
    if (size < HEADER || size > PC_TR31_MAX) {
        return PC_INVALID(PC_ARG_BLOCK, PC_REASON_LENGTH);
    }
    for (unsigned i = 0; i < sizeof versions / sizeof versions[0]; i++) {
        version = versions[i].name == block[0] ? &versions[i] : version;
    }
    if (!version) {
        return PC_INVALID(PC_ARG_BLOCK, PC_REASON_VERSION);
    }
    if (kind != version->kind || !pc_cipher_takes(kind, kbpk_size) || kbpk_size == PC_DES_KEY) {
        return PC_INVALID(PC_ARG_BLOCK, PC_REASON_WRONG_CIPHER);
    }
    if (read_number(&reader, 4, 10) != size || (size & (version->block - 1u))) {
        fault(&reader, PC_REASON_LENGTH);
    }
    reader.at = 12;
    uint32_t optional = read_number(&reader, 2, 10);
    for (reader.at = HEADER; optional > 0 && !reader.status; optional--) {
        pass_optional(&reader);
    }
    const size_t header_size = reader.at;
    const size_t secured = (size - header_size) / 2;
    if (secured <= version->code || ((secured - version->code) & (version->block - 1u))) {
        fault(&reader, PC_REASON_LENGTH);
    }
    if (reader.status) {
        return reader.status;
    }
    const size_t text_size = secured - version->code;
    read_bytes(&reader, work.text, text_size);
    read_bytes(&reader, work.code, version->code);
    if (reader.status) {
        return reader.status;
    }
    if (version->bound) {
        expand_derived(&work, version, kbpk, kbpk_size, 0);
        pc_cipher_decrypt_text(&work.cipher, work.code, work.text, text_size);
    }
    expand_derived(&work, version, kbpk, kbpk_size, 1);
    make_code(&work, version->bound ? PC_MAC_CMAC : PC_MAC_CBC, kbpk_size, block, header_size, work.text, text_size,
              work.expected);
    int status = PC_INVALID(PC_ARG_BLOCK, PC_REASON_NOT_AUTHENTIC);
    if (pc_memory_public(pc_memory_equal(work.expected, work.code, version->code))) {
        if (!version->bound) {
            expand_derived(&work, version, kbpk, kbpk_size, 0);
            pc_cipher_decrypt_text(&work.cipher, block, work.text, text_size);
        }
        status = admit(block, work.text, text_size, key);
    }
    pc_memory_wipe(&work, sizeof work);
    return status;
}
#endif
