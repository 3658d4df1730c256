#include "dukpt.h"

#include "config.h"

#if PC_WITH_DUKPT
#include "memory.h"
#include "status.h"

/* X9.24-1:2009 annex A.3; X9.24-3:2017 section 6.1. By PC_CIPHER_…. */
static const struct {
    uint8_t bits; /* of the counter */
    uint8_t ones; /* at most, in a valid counter */
    uint8_t ksn;  /* bytes of a serial number */
} schemes[] = {
    {0, 0, 0},
    {PC_DUKPT_BITS_DES, 10, PC_DUKPT_KSN_DES},
    {PC_DUKPT_BITS_AES, 16, PC_DUKPT_KSN_AES},
};

static unsigned count_ones(uint32_t word) {
    unsigned count = 0;
    for (; word; word &= word - 1u) {
        count++;
    }
    return count;
}

static uint32_t counter_mask(int cipher) {
    return 0xffffffffu >> (32u - schemes[cipher].bits);
}

/* The last four bytes of a serial number. */
static uint32_t ksn_tail(const uint8_t *ksn, size_t size) {
    uint32_t tail = 0;
    for (size_t i = size - 4; i < size; i++) {
        tail = tail << 8 | ksn[i];
    }
    return tail;
}

/* `tail` ORed into the last four bytes. */
static void ksn_join(uint8_t *ksn, size_t size, uint32_t tail) {
    for (size_t i = size; i > size - 4; i--) {
        ksn[i - 1] = (uint8_t)(ksn[i - 1] | (tail & 0xffu));
        tail >>= 8;
    }
}

/* Clear the counter's bits of a serial number and return them. */
static uint32_t ksn_part(uint8_t *ksn, size_t size, uint32_t mask) {
    const uint32_t tail = ksn_tail(ksn, size);
    pc_memory_wipe(ksn + size - 4, 4);
    ksn_join(ksn, size, tail & ~mask);
    return tail & mask;
}

static void derive_child(const pc_dukpt_t *dukpt, uint32_t counter, uint8_t *child) {
    if (dukpt->cipher == PC_CIPHER_DES) {
        pc_dukpt_des_child(dukpt->ksn, counter, dukpt->current, child);
    } else {
        pc_dukpt_aes_child(dukpt->ksn, counter, dukpt->current, dukpt->size, child);
    }
}

/* From the node in `current`, whose bits from `level` up are those of `counter` and whose others are zero, down to
 * `counter`: its key stays in `current`, the keys of its later branches in the registers below `level`. */
static void descend(pc_dukpt_t *dukpt, unsigned level, uint32_t counter) {
    const unsigned ones = schemes[dukpt->cipher].ones;
    while (level-- > 0) {
        const uint32_t bit = (uint32_t)1 << level;
        const uint32_t above = counter & ~((bit << 1) - 1u);
        uint8_t *branch = dukpt->registers[level];
        pc_memory_wipe(branch, PC_KEY_MAX);
        if (counter & bit) {
            derive_child(dukpt, above | bit, dukpt->current);
        } else if (count_ones(above) < ones) {
            derive_child(dukpt, above | bit, branch);
        }
    }
    dukpt->counter = counter;
}

/* Go forward to a valid `counter`. Its highest bit that differs is a zero of the present one: the register there holds
 * an ancestor of `counter`, and everything kept below lies behind. */
static void jump(pc_dukpt_t *dukpt, uint32_t counter) {
    unsigned level = 31;
    while (!((dukpt->counter ^ counter) >> level)) {
        level--;
    }
    pc_memory_copy(dukpt->current, dukpt->registers[level], PC_KEY_MAX);
    pc_memory_wipe(dukpt->registers[level], PC_KEY_MAX);
    descend(dukpt, level, counter);
}

void pc_dukpt_init(pc_dukpt_t *dukpt) {
    pc_memory_wipe(dukpt, sizeof *dukpt);
}

int pc_dukpt_start(pc_dukpt_t *dukpt, int cipher, const uint8_t *key, size_t size, const uint8_t *ksn,
                   size_t ksn_size) {
    if (cipher != PC_CIPHER_DES && cipher != PC_CIPHER_AES) {
        return PC_INVALID(PC_ARG_KEY, PC_REASON_WRONG_CIPHER);
    }
    if (!pc_cipher_takes(cipher, size) || (cipher == PC_CIPHER_DES && size != 16)) {
        return PC_INVALID(PC_ARG_KEY, PC_REASON_LENGTH);
    }
    const size_t whole = schemes[cipher].ksn;
    if (ksn_size != whole && (cipher != PC_CIPHER_AES || ksn_size != PC_DUKPT_IKID)) {
        return PC_INVALID(PC_ARG_KSN, PC_REASON_LENGTH);
    }
    uint8_t identification[PC_DUKPT_KSN_MAX] = {0};
    pc_memory_copy(identification, ksn, ksn_size);
    const uint32_t counter = ksn_part(identification, whole, counter_mask(cipher));
    if (count_ones(counter) > schemes[cipher].ones) {
        return PC_INVALID(PC_ARG_KSN, PC_REASON_CONTENT);
    }
    pc_dukpt_init(dukpt);
    dukpt->cipher = (uint8_t)cipher;
    dukpt->size = (uint8_t)size;
    pc_memory_copy(dukpt->ksn, identification, sizeof identification);
    pc_memory_copy(dukpt->current, key, size);
    descend(dukpt, schemes[cipher].bits, counter);
    pc_dukpt_finish(dukpt);
    pc_memory_burn_deep();
    return PC_OK;
}

int pc_dukpt_ksn(const pc_dukpt_t *dukpt, uint8_t ksn[PC_DUKPT_KSN_MAX], size_t *ksn_size) {
    if (!dukpt->cipher) {
        return PC_INVALID(PC_ARG_DUKPT, PC_REASON_UNLOADED);
    }
    *ksn_size = schemes[dukpt->cipher].ksn;
    pc_memory_copy(ksn, dukpt->ksn, *ksn_size);
    ksn_join(ksn, *ksn_size, dukpt->counter);
    return PC_OK;
}

int pc_dukpt_next(pc_dukpt_t *dukpt, uint8_t ksn[PC_DUKPT_KSN_MAX], size_t *ksn_size) {
    if (!dukpt->cipher) {
        return PC_INVALID(PC_ARG_DUKPT, PC_REASON_UNLOADED);
    }
    /* with too many ones, all counters up to the next carry out of the lowest one have at least as many */
    uint32_t counter = dukpt->counter + 1u;
    while (count_ones(counter) > schemes[dukpt->cipher].ones) {
        counter += counter & (0u - counter);
    }
    if (!(counter & counter_mask(dukpt->cipher))) {
        pc_dukpt_finish(dukpt);
        return PC_INVALID(PC_ARG_DUKPT, PC_REASON_EXHAUSTED);
    }
    jump(dukpt, counter);
    dukpt->live = 1;
    pc_memory_burn_deep();
    return pc_dukpt_ksn(dukpt, ksn, ksn_size);
}

int pc_dukpt_skip(pc_dukpt_t *dukpt, const uint8_t *ksn, size_t ksn_size) {
    if (!dukpt->cipher) {
        return PC_INVALID(PC_ARG_DUKPT, PC_REASON_UNLOADED);
    }
    if (ksn_size != schemes[dukpt->cipher].ksn) {
        return PC_INVALID(PC_ARG_KSN, PC_REASON_LENGTH);
    }
    uint8_t identification[PC_DUKPT_KSN_MAX] = {0};
    pc_memory_copy(identification, ksn, ksn_size);
    const uint32_t counter = ksn_part(identification, ksn_size, counter_mask(dukpt->cipher));
    if (!pc_memory_equal(identification, dukpt->ksn, sizeof identification)) {
        return PC_INVALID(PC_ARG_KSN, PC_REASON_OTHER_KEY);
    }
    if (count_ones(counter) > schemes[dukpt->cipher].ones) {
        return PC_INVALID(PC_ARG_KSN, PC_REASON_CONTENT);
    }
    if (counter < dukpt->counter) {
        return PC_INVALID(PC_ARG_KSN, PC_REASON_BEHIND);
    }
    if (counter > dukpt->counter) {
        jump(dukpt, counter);
        pc_memory_burn_deep();
    }
    pc_dukpt_finish(dukpt);
    return PC_OK;
}

int pc_dukpt_working_key(const pc_dukpt_t *dukpt, int purpose, int cipher, size_t size, uint8_t key[PC_KEY_MAX]) {
    if (!dukpt->cipher) {
        return PC_INVALID(PC_ARG_DUKPT, PC_REASON_UNLOADED);
    }
    if (!dukpt->live) {
        return PC_INVALID(PC_ARG_DUKPT, PC_REASON_NO_TRANSACTION);
    }
    if (purpose < PC_DUKPT_PIN || purpose > PC_DUKPT_DATA_RESPONSE) {
        return PC_INVALID(PC_ARG_PURPOSE, PC_REASON_UNKNOWN);
    }
    if (cipher != PC_CIPHER_DES && cipher != dukpt->cipher) {
        return PC_INVALID(PC_ARG_CIPHER, PC_REASON_UNKNOWN);
    }
    /* X9.24-3 section 6.3.2 knows no single-length key; no key is to be longer than the one it comes from */
    if (!pc_cipher_takes(cipher, size) || size == 8 || (cipher == dukpt->cipher && size > dukpt->size)) {
        return PC_INVALID(PC_ARG_SIZE, PC_REASON_LENGTH);
    }
    if (dukpt->cipher == PC_CIPHER_DES) {
        pc_dukpt_des_working(dukpt->current, purpose, key);
    } else {
        pc_dukpt_aes_working(dukpt->ksn, dukpt->counter, dukpt->current, dukpt->size, purpose, cipher, size, key);
    }
    pc_memory_burn_deep();
    return PC_OK;
}

void pc_dukpt_finish(pc_dukpt_t *dukpt) {
    pc_memory_wipe(dukpt->current, sizeof dukpt->current);
    dukpt->live = 0;
}
#endif
