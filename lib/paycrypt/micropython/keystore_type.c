/* KeyStore: sixteen write-only key slots. */
#include "binding.h"
#include "pinblock.h"

mp_obj_t binding_keystore_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    mp_arg_check_num(n_args, n_kw, 0, 0, false);
    keystore_obj_t *self = BINDING_NEW(keystore_obj_t, type);
    self->base.type = type;
    self->binding = BINDING_OF(type);
    pc_keystore_init(&self->store, &self->binding->health);
    return MP_OBJ_FROM_PTR(self);
}

/* --- keys ----------------------------------------------------------------------------------------------------- */

/* load(slot, usage, key, cipher=0, strict=False) -> check value */
static mp_obj_t load(size_t n_args, const mp_obj_t *args, mp_map_t *kw_args) {
    keystore_obj_t *self;
    int slot, usage, cipher = 0, strict = 0;
    mp_buffer_info_t key;
    binding_unpack(n_args, args, kw_args, "Kiib|ip", &self, &slot, &usage, &key, MP_QSTR_cipher, &cipher,
        MP_QSTR_strict, &strict);
    uint8_t kcv[PC_KCV];
    const int status = pc_keystore_load(&self->store, slot, usage, cipher, strict, key.buf, key.len, kcv);
    return binding_bytes(self, status, kcv, PC_KCV);
}
static MP_DEFINE_CONST_FUN_OBJ_KW(load_obj, 1, load);

/* load_under(slot, usage, kek, cryptogram, kcv, iv=None, cipher=0, kcv_method=0, strict=False) */
static mp_obj_t load_under(size_t n_args, const mp_obj_t *args, mp_map_t *kw_args) {
    keystore_obj_t *self;
    int slot, usage, kek, cipher = 0, kcv_method = 0, strict = 0;
    mp_buffer_info_t cryptogram, kcv, iv;
    iv.buf = NULL;
    iv.len = 0;
    binding_unpack(n_args, args, kw_args, "Kiiibb|ziip", &self, &slot, &usage, &kek, &cryptogram, &kcv, MP_QSTR_iv, &iv,
        MP_QSTR_cipher, &cipher, MP_QSTR_kcv_method, &kcv_method, MP_QSTR_strict, &strict);
    const pc_wrapped_key_t wrapped = {
        .cryptogram = cryptogram.buf,
        .size = cryptogram.len,
        .kcv = kcv.buf,
        .kcv_size = kcv.len,
        .iv = iv.buf,
        .iv_size = iv.len,
        .cipher = cipher,
        .kcv_method = kcv_method,
        .strict = strict,
    };
    return binding_none(self, pc_keystore_load_under(&self->store, slot, usage, kek, &wrapped));
}
static MP_DEFINE_CONST_FUN_OBJ_KW(load_under_obj, 1, load_under);

/* load_working(kek, pin_slot, mac_slot, field62, strict=False) */
static mp_obj_t load_working(size_t n_args, const mp_obj_t *args, mp_map_t *kw_args) {
    keystore_obj_t *self;
    int kek, pin_slot, mac_slot, strict = 0;
    mp_buffer_info_t field62;
    binding_unpack(n_args, args, kw_args, "Kiiib|p", &self, &kek, &pin_slot, &mac_slot, &field62, MP_QSTR_strict,
        &strict);
    return binding_none(self, pc_keystore_load_working(&self->store, kek, pin_slot, mac_slot, strict, field62.buf,
        field62.len));
}
static MP_DEFINE_CONST_FUN_OBJ_KW(load_working_obj, 1, load_working);

#if PC_WITH_TR31
/* load_block(slot, kek, block, strict=False) -> check value */
static mp_obj_t load_block(size_t n_args, const mp_obj_t *args, mp_map_t *kw_args) {
    keystore_obj_t *self;
    int slot, kek, strict = 0;
    mp_buffer_info_t block;
    binding_unpack(n_args, args, kw_args, "Kiit|p", &self, &slot, &kek, &block, MP_QSTR_strict, &strict);
    uint8_t kcv[PC_KCV];
    const int status = pc_keystore_load_block(&self->store, slot, kek, strict, block.buf, block.len, kcv);
    return binding_bytes(self, status, kcv, PC_KCV);
}
static MP_DEFINE_CONST_FUN_OBJ_KW(load_block_obj, 1, load_block);
#endif

/* usage(slot) -> int or None */
static mp_obj_t usage(size_t n_args, const mp_obj_t *args, mp_map_t *kw_args) {
    keystore_obj_t *self;
    int slot, found = 0;
    binding_unpack(n_args, args, kw_args, "Ki", &self, &slot);
    binding_check(self, pc_keystore_usage(&self->store, slot, &found));
    return found ? MP_OBJ_NEW_SMALL_INT(found) : mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_KW(usage_obj, 1, usage);

/* kcv(slot, method=0) -> bytes or None */
static mp_obj_t kcv(size_t n_args, const mp_obj_t *args, mp_map_t *kw_args) {
    keystore_obj_t *self;
    int slot, method = 0;
    binding_unpack(n_args, args, kw_args, "Ki|i", &self, &slot, MP_QSTR_method, &method);
    uint8_t value[PC_KCV];
    const int status = pc_keystore_kcv(&self->store, slot, method, value);
    if (status == PC_INVALID(PC_ARG_SLOT, PC_REASON_EMPTY)) {
        return mp_const_none;
    }
    return binding_bytes(self, status, value, PC_KCV);
}
static MP_DEFINE_CONST_FUN_OBJ_KW(kcv_obj, 1, kcv);

/* erase(slot) */
static mp_obj_t erase(size_t n_args, const mp_obj_t *args, mp_map_t *kw_args) {
    keystore_obj_t *self;
    int slot;
    binding_unpack(n_args, args, kw_args, "Ki", &self, &slot);
    return binding_none(self, pc_keystore_erase(&self->store, slot));
}
static MP_DEFINE_CONST_FUN_OBJ_KW(erase_obj, 1, erase);

/* erase_all() */
static mp_obj_t erase_all(mp_obj_t self_in) {
    keystore_obj_t *self = binding_cast(self_in, binding_keystore_make_new);
    pc_keystore_erase_all(&self->store);
    return binding_none(self, PC_OK);
}
static MP_DEFINE_CONST_FUN_OBJ_1(erase_all_obj, erase_all);

/* --- authentication codes ------------------------------------------------------------------------------------- */

/* mac(slot, alg, data, pad=1) -> bytes */
static mp_obj_t mac(size_t n_args, const mp_obj_t *args, mp_map_t *kw_args) {
    keystore_obj_t *self;
    int slot, alg, pad = PC_PAD_ZEROS;
    mp_buffer_info_t data;
    binding_unpack(n_args, args, kw_args, "Kiib|i", &self, &slot, &alg, &data, MP_QSTR_pad, &pad);
    uint8_t out[PC_BLOCK_MAX];
    size_t size = 0;
    const int status = pc_keystore_mac(&self->store, slot, alg, pad, data.buf, data.len, out, &size);
    return binding_bytes(self, status, out, size);
}
static MP_DEFINE_CONST_FUN_OBJ_KW(mac_obj, 1, mac);

/* verify(slot, alg, data, mac, pad=1) -> bool */
static mp_obj_t verify(size_t n_args, const mp_obj_t *args, mp_map_t *kw_args) {
    keystore_obj_t *self;
    int slot, alg, pad = PC_PAD_ZEROS, equal = 0;
    mp_buffer_info_t data, code;
    binding_unpack(n_args, args, kw_args, "Kiibb|i", &self, &slot, &alg, &data, &code, MP_QSTR_pad, &pad);
    binding_check(self, pc_keystore_verify(&self->store, slot, alg, pad, data.buf, data.len, code.buf,
        code.len, &equal));
    return mp_obj_new_bool(equal);
}
static MP_DEFINE_CONST_FUN_OBJ_KW(verify_obj, 1, verify);

#if PC_WITH_STREAM
/* mac_stream(slot, alg, pad=1) -> MacStream */
static mp_obj_t mac_stream(size_t n_args, const mp_obj_t *args, mp_map_t *kw_args) {
    keystore_obj_t *self;
    int slot, alg, pad = PC_PAD_ZEROS;
    binding_unpack(n_args, args, kw_args, "Kii|i", &self, &slot, &alg, MP_QSTR_pad, &pad);
    return binding_new_stream(self, slot, alg, pad);
}
static MP_DEFINE_CONST_FUN_OBJ_KW(mac_stream_obj, 1, mac_stream);
#endif

/* --- PIN blocks ----------------------------------------------------------------------------------------------- */

/* Arguments of pin_block. What its buffers hold may move while Python code runs, so they are looked up afterwards. */
typedef struct {
    mp_obj_t slot, fmt, pin, pan, entropy;
} pin_arguments_t;

/* Whether all but `entropy` have the right types; None instead of a card number only where the format takes none. */
static bool get_pin(const pin_arguments_t *in, mp_buffer_info_t *pin, mp_buffer_info_t *pan) {
    mp_get_buffer_raise(in->pin, pin, MP_BUFFER_RW);
    if (!binding_is_integer(in->slot) || !binding_is_integer(in->fmt)) {
        return false;
    }
    if (in->pan == mp_const_none) {
        pan->len = 0;
        return in->fmt == MP_OBJ_NEW_SMALL_INT(1);
    }
    return mp_get_buffer(in->pan, pan, MP_BUFFER_READ);
}

/* From here to the end no way out leaves the PIN in its buffer. */
static void refuse_pin(const mp_buffer_info_t *pin) {
    pc_memory_wipe(pin->buf, pin->len);
    mp_raise_TypeError(MP_ERROR_TEXT("slot, fmt: int; pan: str or buffer; entropy: buffer expected"));
}

/* pin_block(slot, fmt, pin, pan, entropy=None) -> bytes */
static mp_obj_t pin_block(size_t n_args, const mp_obj_t *args, mp_map_t *kw_args) {
    keystore_obj_t *self;
    pin_arguments_t in;
    in.entropy = mp_const_none;
    mp_buffer_info_t pin, pan;
    binding_unpack(n_args, args, kw_args, "Koooo|o", &self, &in.slot, &in.fmt, &in.pin, &in.pan, MP_QSTR_entropy,
        &in.entropy);
    if (!get_pin(&in, &pin, &pan)) {
        refuse_pin(&pin);
    }
    const int fmt = binding_get_number(in.fmt);
    uint8_t *filled = NULL;
    size_t fill_size = 0;
#if PC_WITH_FORMATS
    /* one byte more than any format takes, so that the key store sees a fill that is too long */
    uint8_t fill[PC_PINBLOCK_FILL_MAX + 1];
    const size_t needed = pc_pinblock_fill(fmt);
    if (needed && in.entropy != mp_const_none) {
        mp_obj_t given = binding_call_wiping(in.entropy, MP_OBJ_NEW_SMALL_INT((mp_int_t)needed), in.pin);
        mp_buffer_info_t drawn;
        if (!get_pin(&in, &pin, &pan) || !binding_is_bytes(given, &drawn)) {
            refuse_pin(&pin);
        }
        fill_size = drawn.len < sizeof fill ? drawn.len : sizeof fill;
        pc_memory_copy(fill, drawn.buf, fill_size);
        filled = fill;
    }
#endif
    uint8_t out[PC_BLOCK_MAX];
    size_t size = 0;
    const int status = pc_keystore_pin_block(&self->store, binding_get_number(in.slot), fmt, pin.buf, pin.len, pan.buf,
        pan.len, filled, fill_size, out, &size);
    return binding_bytes(self, status, out, size);
}
static MP_DEFINE_CONST_FUN_OBJ_KW(pin_block_obj, 1, pin_block);

/* --- stored data ---------------------------------------------------------------------------------------------- */

#if PC_WITH_SIV
/* wrap(slot, data, aad=b"") -> bytes */
static mp_obj_t wrap(size_t n_args, const mp_obj_t *args, mp_map_t *kw_args) {
    keystore_obj_t *self;
    int slot;
    mp_buffer_info_t data, aad = {0};
    binding_unpack(n_args, args, kw_args, "Kib|b", &self, &slot, &data, MP_QSTR_aad, &aad);
    uint8_t out[PC_SIV_TAG + PC_WRAP_MAX];
    const int status = pc_keystore_wrap(&self->store, slot, data.buf, data.len, aad.buf, aad.len, out);
    return binding_bytes(self, status, out, PC_SIV_TAG + data.len);
}
static MP_DEFINE_CONST_FUN_OBJ_KW(wrap_obj, 1, wrap);

/* unwrap(slot, blob, aad=b"") -> bytes */
static mp_obj_t unwrap(size_t n_args, const mp_obj_t *args, mp_map_t *kw_args) {
    keystore_obj_t *self;
    int slot;
    mp_buffer_info_t blob, aad = {0};
    binding_unpack(n_args, args, kw_args, "Kib|b", &self, &slot, &blob, MP_QSTR_aad, &aad);
    uint8_t out[PC_WRAP_MAX];
    /* a bytearray over `out`: when there is no memory for the copy that is handed out, it is wiped */
    mp_obj_t text = mp_obj_new_bytearray_by_ref(blob.len - PC_SIV_TAG, out);
    binding_check(self, pc_keystore_unwrap(&self->store, slot, blob.buf, blob.len, aad.buf, aad.len, out));
    mp_obj_t data = binding_call_wiping(MP_OBJ_FROM_PTR(&mp_type_bytes), text, text);
    pc_memory_wipe(out, sizeof out);
    return data;
}
static MP_DEFINE_CONST_FUN_OBJ_KW(unwrap_obj, 1, unwrap);

/* seal(secret) -> bytes */
static mp_obj_t seal(size_t n_args, const mp_obj_t *args, mp_map_t *kw_args) {
    keystore_obj_t *self;
    mp_buffer_info_t secret;
    binding_unpack(n_args, args, kw_args, "Kb", &self, &secret);
    uint8_t blob[PC_SEAL_SIZE];
    const int status = pc_seal_store(&self->store, secret.buf, secret.len, blob);
    return binding_bytes(self, status, blob, sizeof blob);
}
static MP_DEFINE_CONST_FUN_OBJ_KW(seal_obj, 1, seal);

/* unseal(blob, secret) */
static mp_obj_t unseal(size_t n_args, const mp_obj_t *args, mp_map_t *kw_args) {
    keystore_obj_t *self;
    mp_buffer_info_t blob, secret;
    binding_unpack(n_args, args, kw_args, "Kbb", &self, &blob, &secret);
    return binding_none(self, pc_seal_restore(&self->store, blob.buf, blob.len, secret.buf, secret.len));
}
static MP_DEFINE_CONST_FUN_OBJ_KW(unseal_obj, 1, unseal);
#endif

static const mp_rom_map_elem_t keystore_methods[] = {
    {MP_ROM_QSTR(MP_QSTR_load), MP_ROM_PTR(&load_obj)},
    {MP_ROM_QSTR(MP_QSTR_load_under), MP_ROM_PTR(&load_under_obj)},
    {MP_ROM_QSTR(MP_QSTR_load_working), MP_ROM_PTR(&load_working_obj)},
#if PC_WITH_TR31
    {MP_ROM_QSTR(MP_QSTR_load_block), MP_ROM_PTR(&load_block_obj)},
#endif
    {MP_ROM_QSTR(MP_QSTR_usage), MP_ROM_PTR(&usage_obj)},
    {MP_ROM_QSTR(MP_QSTR_kcv), MP_ROM_PTR(&kcv_obj)},
    {MP_ROM_QSTR(MP_QSTR_erase), MP_ROM_PTR(&erase_obj)},
    {MP_ROM_QSTR(MP_QSTR_erase_all), MP_ROM_PTR(&erase_all_obj)},
    {MP_ROM_QSTR(MP_QSTR_mac), MP_ROM_PTR(&mac_obj)},
    {MP_ROM_QSTR(MP_QSTR_verify), MP_ROM_PTR(&verify_obj)},
    {MP_ROM_QSTR(MP_QSTR_pin_block), MP_ROM_PTR(&pin_block_obj)},
#if PC_WITH_STREAM
    {MP_ROM_QSTR(MP_QSTR_mac_stream), MP_ROM_PTR(&mac_stream_obj)},
#endif
#if PC_WITH_SIV
    {MP_ROM_QSTR(MP_QSTR_wrap), MP_ROM_PTR(&wrap_obj)},
    {MP_ROM_QSTR(MP_QSTR_unwrap), MP_ROM_PTR(&unwrap_obj)},
    {MP_ROM_QSTR(MP_QSTR_seal), MP_ROM_PTR(&seal_obj)},
    {MP_ROM_QSTR(MP_QSTR_unseal), MP_ROM_PTR(&unseal_obj)},
#endif
#if !MICROPY_ENABLE_DYNRUNTIME
    {MP_ROM_QSTR(MP_QSTR___del__), MP_ROM_PTR(&erase_all_obj)}, /* a native module can not ask for finalisers */
#endif
};
BINDING_DEFINE_TYPE(keystore, MP_QSTR_KeyStore, binding_keystore_make_new, keystore_methods)
