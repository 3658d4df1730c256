"""What cffi compiles: the whole core as one translation unit, and the calls that the binding makes."""

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
    typedef struct { ...; } pc_keystore_t;
    typedef struct { ...; } pc_mac_stream_t;

    #define PC_USAGE_KEK ...
    #define PC_USAGE_PIN ...
    #define PC_USAGE_MAC ...
    #define PC_USAGE_DATA ...
    #define PC_USAGE_DUKPT ...
    #define PC_CIPHER_DES ...
    #define PC_CIPHER_AES ...
    #define PC_MAC_ECB_UNIONPAY ...
    #define PC_MAC_X919 ...
    #define PC_MAC_CBC ...
    #define PC_MAC_CMAC ...
    #define PC_BLOCK_MAX ...
    #define PC_KCV ...
    #define PC_SIV_TAG ...
    #define PC_WRAP_MAX ...
    #define PC_SEAL_SIZE ...

    int pc_keystore_load(pc_keystore_t *, int slot, int usage, int cipher, const uint8_t *key, size_t size,
                         uint8_t *kcv);
    int pc_keystore_load_under(pc_keystore_t *, int slot, int usage, int kek, const uint8_t *cryptogram, size_t size,
                               const uint8_t *kcv, size_t kcv_size);
    int pc_keystore_load_working(pc_keystore_t *, int kek, int pin_slot, int mac_slot, const uint8_t *field62,
                                 size_t size);
    int pc_keystore_kcv(const pc_keystore_t *, int slot, uint8_t *kcv);
    int pc_keystore_usage(const pc_keystore_t *, int slot, int *usage);
    int pc_keystore_erase(pc_keystore_t *, int slot);
    void pc_keystore_erase_all(pc_keystore_t *);
    int pc_keystore_mac(const pc_keystore_t *, int slot, int alg, int pad, const uint8_t *data, size_t size,
                        uint8_t *out, size_t *out_size);
    int pc_keystore_verify(const pc_keystore_t *, int slot, int alg, int pad, const uint8_t *data, size_t size,
                           const uint8_t *code, size_t code_size, int *equal);
    int pc_keystore_stream_start(const pc_keystore_t *, int slot, int alg, int pad, pc_mac_stream_t *);
    int pc_keystore_stream_update(const pc_keystore_t *, pc_mac_stream_t *, const uint8_t *data, size_t size);
    int pc_keystore_stream_finish(const pc_keystore_t *, pc_mac_stream_t *, uint8_t *out, size_t *out_size);
    int pc_keystore_pin_block(const pc_keystore_t *, int slot, int fmt, uint8_t *pin, size_t pin_size,
                              const uint8_t *pan, size_t pan_size, uint8_t *out, size_t *out_size);
    int pc_keystore_wrap(const pc_keystore_t *, int slot, const uint8_t *data, size_t size, const uint8_t *aad,
                         size_t aad_size, uint8_t *out);
    int pc_keystore_unwrap(const pc_keystore_t *, int slot, const uint8_t *blob, size_t size, const uint8_t *aad,
                           size_t aad_size, uint8_t *out);
    int pc_seal_store(const pc_keystore_t *, const uint8_t *secret, size_t secret_size, uint8_t *blob);
    int pc_seal_restore(pc_keystore_t *, const uint8_t *blob, size_t size, const uint8_t *secret, size_t secret_size);
    int pc_selftest_run(void);
    int pc_memory_equal(const uint8_t *left, const uint8_t *right, size_t size);
    void pc_memory_wipe(void *, size_t);
    const char *pc_status_argument(int status);
    const char *pc_status_reason(int status);
""")
ffibuilder.set_source(
    "paycrypt._core",
    "".join(f'#include "{path}"\n' for path in sorted(core.glob("*.c"))),
    include_dirs=[str(core)],
)
