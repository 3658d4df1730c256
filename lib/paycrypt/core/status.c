#include "status.h"

#include "config.h"

/* A text that only the full set needs. */
#if PC_WITH_ALL
#define ALL(text) text
#else
#define ALL(text) ""
#endif

/* In the order of the enums of status.h, one after the other: a table of pointers would be half as large again, and need
 * relocation in a native module. */
static const char argument_names[] =
    "alg\0" ALL("blob") "\0" ALL("block") "\0" "cipher\0" "cryptogram\0" ALL("data") "\0" ALL("dukpt") "\0"
    ALL("entropy") "\0" "field62\0" "fmt\0" "iv\0" "kcv\0" "kcv_method\0" "kek\0" "key\0" ALL("ksn") "\0" "mac_slot\0" "method\0"
    "pad\0" "pan\0" "pin\0" "pin_slot\0" ALL("purpose") "\0" ALL("secret") "\0" ALL("size") "\0" "slot\0" "strict\0"
    "usage";

static const char reason_texts[] =
    "out of range\0" "slot is empty\0" "key has another usage\0" ALL("key's mode forbids it") "\0"
    ALL("key is bound to another algorithm") "\0" "not offered\0" "wrong length\0" "not all digits\0"
    ALL("not all hexadecimal") "\0" ALL("not for this key's cipher") "\0" "needs a double-length key\0"
    "only 1 with this algorithm\0" "check value differs\0" "check value of the PIN key differs\0"
    "check value of the MAC key differs\0" "slots must differ\0" ALL("key was replaced meanwhile") "\0"
    ALL("already finished") "\0" ALL("unknown version") "\0" ALL("not authentic") "\0" ALL("impossible content") "\0"
    ALL("weak key") "\0" ALL("equal parts") "\0" ALL("missing") "\0" ALL("stuck") "\0" ALL("nothing loaded") "\0"
    ALL("counter exhausted") "\0" ALL("no transaction begun") "\0" ALL("of another key") "\0"
    ALL("lies behind the counter");

static const char test_names[] =
    "des\0" "tdes\0" ALL("aes") "\0" ALL("sm4") "\0" ALL("cmac") "\0" "mac_cbc\0" "mac_x919\0" "mac_ecb_unionpay\0"
    ALL("siv") "\0" "pin_block\0" ALL("tr31") "\0" ALL("dukpt_des") "\0" ALL("dukpt_aes");

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
