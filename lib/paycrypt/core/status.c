#include "status.h"

/* In the order of the enums of status.h, one after the other: a table of pointers would be half as large again, and need
 * relocation in a native module. */
static const char argument_names[] =
    "alg\0" "blob\0" "block\0" "cipher\0" "cryptogram\0" "data\0" "dukpt\0" "entropy\0" "field62\0" "fmt\0" "iv\0"
    "kcv\0" "kek\0" "key\0" "ksn\0" "mac_slot\0" "method\0" "pad\0" "pan\0" "pin\0" "pin_slot\0" "purpose\0"
    "secret\0" "size\0" "slot\0" "strict\0" "usage";

static const char reason_texts[] =
    "out of range\0" "slot is empty\0" "key has another usage\0" "key's mode forbids it\0"
    "key is bound to another algorithm\0" "not offered\0" "wrong length\0" "not all digits\0" "not all hexadecimal\0"
    "not for this key's cipher\0" "needs a double-length key\0" "only 1 with this algorithm\0" "check value differs\0"
    "check value of the PIN key differs\0" "check value of the MAC key differs\0" "slots must differ\0"
    "key was replaced meanwhile\0" "already finished\0" "unknown version\0" "not authentic\0" "impossible content\0"
    "weak key\0" "equal parts\0" "missing\0" "stuck\0" "nothing loaded\0" "counter exhausted\0"
    "no transaction begun\0" "of another key\0" "lies behind the counter";

static const char test_names[] =
    "des\0" "tdes\0" "aes\0" "sm4\0" "cmac\0" "mac_cbc\0" "mac_x919\0" "mac_ecb_unionpay\0" "siv\0" "pin_block\0"
    "tr31\0" "dukpt_des\0" "dukpt_aes";

/* The text with this number, from 1. */
static const char *pick(const char *texts, unsigned number) {
    while (--number) {
        while (*texts++) {
        }
    }
    return texts;
}

const char *pc_status_argument(int status) {
    const unsigned argument = (unsigned)status >> 8;
    if (status < 0 && status > -PC_TEST_COUNT) {
        return pick(test_names, (unsigned)-status);
    }
    return status > 0 && argument > 0 && argument < PC_ARG_COUNT ? pick(argument_names, argument) : "paycrypt";
}

const char *pc_status_reason(int status) {
    const unsigned reason = (unsigned)status & 0xff;
    if (status < 0) {
        return "known answer differs";
    }
    return reason > 0 && reason < PC_REASON_COUNT ? pick(reason_texts, reason) : "unknown status";
}
