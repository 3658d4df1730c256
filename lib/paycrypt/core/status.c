#include "status.h"

static const char *const argument_names[PC_ARG_COUNT] = {
    [PC_ARG_ALG] = "alg",
    [PC_ARG_BLOB] = "blob",
    [PC_ARG_BLOCK] = "block",
    [PC_ARG_CIPHER] = "cipher",
    [PC_ARG_CRYPTOGRAM] = "cryptogram",
    [PC_ARG_DATA] = "data",
    [PC_ARG_DUKPT] = "dukpt",
    [PC_ARG_ENTROPY] = "entropy",
    [PC_ARG_FIELD62] = "field62",
    [PC_ARG_FMT] = "fmt",
    [PC_ARG_IV] = "iv",
    [PC_ARG_KCV] = "kcv",
    [PC_ARG_KEK] = "kek",
    [PC_ARG_KEY] = "key",
    [PC_ARG_KSN] = "ksn",
    [PC_ARG_MAC_SLOT] = "mac_slot",
    [PC_ARG_METHOD] = "method",
    [PC_ARG_PAD] = "pad",
    [PC_ARG_PAN] = "pan",
    [PC_ARG_PIN] = "pin",
    [PC_ARG_PIN_SLOT] = "pin_slot",
    [PC_ARG_PURPOSE] = "purpose",
    [PC_ARG_SECRET] = "secret",
    [PC_ARG_SIZE] = "size",
    [PC_ARG_SLOT] = "slot",
    [PC_ARG_USAGE] = "usage",
};

static const char *const reason_texts[PC_REASON_COUNT] = {
    [PC_REASON_RANGE] = "out of range",
    [PC_REASON_EMPTY] = "slot is empty",
    [PC_REASON_WRONG_USAGE] = "key has another usage",
    [PC_REASON_WRONG_MODE] = "key's mode forbids it",
    [PC_REASON_WRONG_ALG] = "key is bound to another algorithm",
    [PC_REASON_UNKNOWN] = "not offered",
    [PC_REASON_LENGTH] = "wrong length",
    [PC_REASON_DIGITS] = "not all digits",
    [PC_REASON_HEX] = "not all hexadecimal",
    [PC_REASON_WRONG_CIPHER] = "not for this key's cipher",
    [PC_REASON_NEEDS_DOUBLE] = "needs a double-length key",
    [PC_REASON_NOT_PADDED] = "only 1 with this algorithm",
    [PC_REASON_DIFFERS] = "check value differs",
    [PC_REASON_PIN_KEY_DIFFERS] = "check value of the PIN key differs",
    [PC_REASON_MAC_KEY_DIFFERS] = "check value of the MAC key differs",
    [PC_REASON_SAME_SLOT] = "slots must differ",
    [PC_REASON_CHANGED] = "key was replaced meanwhile",
    [PC_REASON_FINISHED] = "already finished",
    [PC_REASON_VERSION] = "unknown version",
    [PC_REASON_NOT_AUTHENTIC] = "not authentic",
    [PC_REASON_CONTENT] = "impossible content",
    [PC_REASON_WEAK] = "weak key",
    [PC_REASON_EQUAL_PARTS] = "equal parts",
    [PC_REASON_MISSING] = "missing",
    [PC_REASON_STUCK] = "stuck",
    [PC_REASON_UNLOADED] = "nothing loaded",
    [PC_REASON_EXHAUSTED] = "counter exhausted",
    [PC_REASON_NO_TRANSACTION] = "no transaction begun",
    [PC_REASON_OTHER_KEY] = "of another key",
    [PC_REASON_BEHIND] = "lies behind the counter",
};

static const char *const test_names[PC_TEST_COUNT] = {
    [PC_TEST_DES] = "des",
    [PC_TEST_TDES] = "tdes",
    [PC_TEST_AES] = "aes",
    [PC_TEST_SM4] = "sm4",
    [PC_TEST_CMAC] = "cmac",
    [PC_TEST_CBC] = "mac_cbc",
    [PC_TEST_X919] = "mac_x919",
    [PC_TEST_UNIONPAY] = "mac_ecb_unionpay",
    [PC_TEST_SIV] = "siv",
    [PC_TEST_PINBLOCK] = "pin_block",
    [PC_TEST_TR31] = "tr31",
    [PC_TEST_DUKPT_DES] = "dukpt_des",
    [PC_TEST_DUKPT_AES] = "dukpt_aes",
};

const char *pc_status_argument(int status) {
    if (status < 0) {
        return status > -PC_TEST_COUNT ? test_names[-status] : "paycrypt";
    }
    const unsigned argument = (unsigned)status >> 8;
    return argument > 0 && argument < PC_ARG_COUNT ? argument_names[argument] : "paycrypt";
}

const char *pc_status_reason(int status) {
    if (status < 0) {
        return "known answer differs";
    }
    const unsigned reason = (unsigned)status & 0xff;
    return reason > 0 && reason < PC_REASON_COUNT ? reason_texts[reason] : "unknown status";
}
