/* What every call returns: 0 done, below 0 an internal fault (a failed self-test), above 0 invalid input.
 *
 * A positive status names the argument at fault and the reason; both have constant texts, so that no
 * message can ever carry a value. */
#ifndef PC_STATUS_H
#define PC_STATUS_H

enum pc_argument {
    PC_ARG_ALG = 1,
    PC_ARG_BLOB,
    PC_ARG_BLOCK,
    PC_ARG_CIPHER,
    PC_ARG_CRYPTOGRAM,
    PC_ARG_DATA,
    PC_ARG_DUKPT,
    PC_ARG_ENTROPY,
    PC_ARG_FIELD62,
    PC_ARG_FMT,
    PC_ARG_IV,
    PC_ARG_KCV,
    PC_ARG_KCV_METHOD,
    PC_ARG_KEK,
    PC_ARG_KEY,
    PC_ARG_KSN,
    PC_ARG_MAC_SLOT,
    PC_ARG_METHOD,
    PC_ARG_PAD,
    PC_ARG_PAN,
    PC_ARG_PIN,
    PC_ARG_PIN_SLOT,
    PC_ARG_PURPOSE,
    PC_ARG_SECRET,
    PC_ARG_SIZE,
    PC_ARG_SLOT,
    PC_ARG_STRICT,
    PC_ARG_USAGE,
    PC_ARG_COUNT
};

enum pc_reason {
    PC_REASON_RANGE = 1,
    PC_REASON_EMPTY,
    PC_REASON_WRONG_USAGE,
    PC_REASON_WRONG_MODE,
    PC_REASON_WRONG_ALG,
    PC_REASON_UNKNOWN,
    PC_REASON_LENGTH,
    PC_REASON_DIGITS,
    PC_REASON_HEX,
    PC_REASON_WRONG_CIPHER,
    PC_REASON_NEEDS_DOUBLE,
    PC_REASON_NOT_PADDED,
    PC_REASON_DIFFERS,
    PC_REASON_PIN_KEY_DIFFERS,
    PC_REASON_MAC_KEY_DIFFERS,
    PC_REASON_SAME_SLOT,
    PC_REASON_CHANGED,
    PC_REASON_FINISHED,
    PC_REASON_VERSION,
    PC_REASON_NOT_AUTHENTIC,
    PC_REASON_CONTENT,
    PC_REASON_WEAK,
    PC_REASON_EQUAL_PARTS,
    PC_REASON_MISSING,
    PC_REASON_STUCK,
    PC_REASON_UNLOADED,
    PC_REASON_EXHAUSTED,
    PC_REASON_NO_TRANSACTION,
    PC_REASON_OTHER_KEY,
    PC_REASON_BEHIND,
    PC_REASON_COUNT
};

/* Algorithms with a known answer; the self-test returns the negated number of the first that fails. */
enum pc_algorithm {
    PC_TEST_DES = 1,
    PC_TEST_TDES,
    PC_TEST_AES,
    PC_TEST_SM4,
    PC_TEST_CMAC,
    PC_TEST_CBC,
    PC_TEST_X919,
    PC_TEST_UNIONPAY,
    PC_TEST_SIV,
    PC_TEST_PINBLOCK,
    PC_TEST_TR31,
    PC_TEST_DUKPT_DES,
    PC_TEST_DUKPT_AES,
    PC_TEST_COUNT
};

#define PC_OK 0
#define PC_INVALID(argument, reason) ((int)(((unsigned)(argument) << 8) | (unsigned)(reason)))

/* Constant text for a status that is not PC_OK: the argument's name, or the algorithm that failed its self-test. */
const char *pc_status_argument(int status);

/* Constant text for a status that is not PC_OK: what is wrong with that argument. */
const char *pc_status_reason(int status);

#endif
