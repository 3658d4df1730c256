"""What cffi compiles: the calls that the binding makes. setup.py adds the core."""

import os
from pathlib import Path

from cffi import FFI

HERE = Path(__file__).resolve().parent


def core_folder() -> Path:
    """The C core: beside this project in the repository, inside it in a source distribution."""
    for folder in (HERE / "core", HERE.parent / "core"):
        if (folder / "keystore.h").exists():
            return folder
    raise FileNotFoundError("the paycrypt core is neither in core/ nor in ../core/")


core = core_folder()
ffibuilder = FFI()
ffibuilder.cdef("""
    typedef struct { int status; ...; } pc_health_t;
    typedef struct { ...; } pc_keystore_t;
    typedef struct { ...; } pc_mac_stream_t;
    typedef struct { ...; } pc_dukpt_t;
    typedef struct {
        const uint8_t *cryptogram;
        size_t size;
        const uint8_t *kcv;
        size_t kcv_size;
        const uint8_t *iv;
        size_t iv_size;
        int cipher;
        int kcv_method;
        int strict;
        ...;
    } pc_wrapped_key_t;

    #define PC_USAGE_KEK ...
    #define PC_USAGE_PIN ...
    #define PC_USAGE_MAC ...
    #define PC_USAGE_DATA ...
    #define PC_USAGE_DUKPT ...
    #define PC_CIPHER_DES ...
    #define PC_CIPHER_AES ...
    #define PC_CIPHER_SM4 ...
    #define PC_MAC_ECB_UNIONPAY ...
    #define PC_MAC_X919 ...
    #define PC_MAC_CBC ...
    #define PC_MAC_CMAC ...
    #define PC_KCV_LEGACY ...
    #define PC_KCV_CMAC ...
    #define PC_DUKPT_PIN ...
    #define PC_DUKPT_MAC_REQUEST ...
    #define PC_DUKPT_MAC_RESPONSE ...
    #define PC_DUKPT_DATA_REQUEST ...
    #define PC_DUKPT_DATA_RESPONSE ...
    #define PC_BLOCK_MAX ...
    #define PC_DUKPT_KSN_MAX ...
    #define PC_HEALTH_UNTESTED ...
    #define PC_KCV ...
    #define PC_PINBLOCK_FILL_MAX ...
    #define PC_SIV_TAG ...
    #define PC_WRAP_MAX ...
    #define PC_SEAL_SIZE ...
    #define PC_SEAL_DUKPT_MAX ...
    #define SLOT_IS_EMPTY ...

    void pc_keystore_init(pc_keystore_t *, pc_health_t *);
    int pc_keystore_load(pc_keystore_t *, int slot, int usage, int cipher, int strict, const uint8_t *key, size_t size,
                         uint8_t *kcv);
    int pc_keystore_load_under(pc_keystore_t *, int slot, int usage, int kek, const pc_wrapped_key_t *);
    int pc_keystore_load_working(pc_keystore_t *, int kek, int pin_slot, int mac_slot, int strict,
                                 const uint8_t *field62, size_t size);
    int pc_keystore_load_block(pc_keystore_t *, int slot, int kek, int strict, const uint8_t *block, size_t size,
                               uint8_t *kcv);
    int pc_keystore_kcv(const pc_keystore_t *, int slot, int method, uint8_t *kcv);
    int pc_keystore_usage(const pc_keystore_t *, int slot, int *usage);
    int pc_keystore_erase(pc_keystore_t *, int slot);
    void pc_keystore_erase_all(pc_keystore_t *);
    int pc_keystore_mac(pc_keystore_t *, int slot, int alg, int pad, const uint8_t *data, size_t size, uint8_t *out,
                        size_t *out_size);
    int pc_keystore_verify(pc_keystore_t *, int slot, int alg, int pad, const uint8_t *data, size_t size,
                           const uint8_t *code, size_t code_size, int *equal);
    int pc_keystore_stream_start(pc_keystore_t *, int slot, int alg, int pad, pc_mac_stream_t *);
    int pc_keystore_stream_update(pc_keystore_t *, pc_mac_stream_t *, const uint8_t *data, size_t size);
    int pc_keystore_stream_finish(pc_keystore_t *, pc_mac_stream_t *, uint8_t *out, size_t *out_size);
    int pc_keystore_pin_block(pc_keystore_t *, int slot, int fmt, uint8_t *pin, size_t pin_size, const uint8_t *pan,
                              size_t pan_size, uint8_t *fill, size_t fill_size, uint8_t *out, size_t *out_size);
    int pc_keystore_wrap(const pc_keystore_t *, int slot, const uint8_t *data, size_t size, const uint8_t *aad,
                         size_t aad_size, uint8_t *out);
    int pc_keystore_unwrap(const pc_keystore_t *, int slot, const uint8_t *blob, size_t size, const uint8_t *aad,
                           size_t aad_size, uint8_t *out);
    int pc_keystore_dukpt_start(pc_keystore_t *, int slot, const uint8_t *ksn, size_t ksn_size, pc_dukpt_t *);
    int pc_keystore_load_derived(pc_keystore_t *, int slot, const pc_dukpt_t *, int purpose, int cipher, size_t size);
    void pc_dukpt_init(pc_dukpt_t *);
    int pc_dukpt_next(pc_dukpt_t *, uint8_t *ksn, size_t *ksn_size);
    int pc_dukpt_skip(pc_dukpt_t *, const uint8_t *ksn, size_t ksn_size);
    int pc_dukpt_ksn(const pc_dukpt_t *, uint8_t *ksn, size_t *ksn_size);
    void pc_dukpt_finish(pc_dukpt_t *);
    int pc_seal_store(const pc_keystore_t *, const uint8_t *secret, size_t secret_size, uint8_t *blob);
    int pc_seal_restore(pc_keystore_t *, const uint8_t *blob, size_t size, const uint8_t *secret, size_t secret_size);
    int pc_seal_dukpt(const pc_dukpt_t *, const uint8_t *secret, size_t secret_size, uint8_t *blob, size_t *blob_size);
    int pc_seal_dukpt_restore(pc_dukpt_t *, const uint8_t *blob, size_t size, const uint8_t *secret,
                              size_t secret_size);
    int pc_selftest_run(pc_health_t *);
    size_t pc_pinblock_fill(int fmt);
    int pc_memory_equal(const uint8_t *left, const uint8_t *right, size_t size);
    void pc_memory_wipe(void *, size_t);
    const char *pc_status_argument(int status);
    const char *pc_status_reason(int status);
""")
ffibuilder.set_source(
    "paycrypt._core",
    """
    #include "keystore.h"
    #include "memory.h"
    #include "pinblock.h"
    #include "seal.h"
    #include "selftest.h"
    #include "status.h"
    #define SLOT_IS_EMPTY PC_INVALID(PC_ARG_SLOT, PC_REASON_EMPTY)
    """,
    include_dirs=[str(core)],
    # without its reordering of sums gcc keeps to the order that des_sse2.h chose for speed
    extra_compile_args=[] if os.name == "nt" else ["-O2", "-fno-tree-reassoc", "-fvisibility=hidden"],
)
