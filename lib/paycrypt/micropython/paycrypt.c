/* MicroPython binding of the paycrypt core, as a native module.
 *
 * A native module has no writable static data, so everything that lives is one object on the heap, struct module. It
 * begins with the type KeyStore, which the module's globals hold; an object finds the rest through its own type. */
#include "py/dynruntime.h"

#include "keystore.h"
#include "memory.h"
#include "seal.h"
#include "selftest.h"
#include "status.h"

struct module {
    mp_obj_full_type_t keystore_type; /* first: the collector keeps what a pointer to the beginning reaches */
    mp_obj_full_type_t stream_type;
    mp_obj_t error_type;
};

typedef struct {
    mp_obj_base_t base;
    pc_keystore_t store;
} keystore_obj_t;

typedef struct {
    mp_obj_base_t base;
    keystore_obj_t *keystore;
    pc_mac_stream_t stream;
} stream_obj_t;

/* --- errors and arguments ------------------------------------------------------------------------------------ */

static mp_obj_t text_object(const char *text) {
    size_t size = 0;
    while (text[size]) {
        size++;
    }
    return mp_obj_new_str(text, size);
}

/* Raise paycrypt.Error("<argument>: <reason>") with both as attributes. */
static void raise_status(mp_obj_t error_type, int status) {
    mp_obj_t argument = text_object(pc_status_argument(status));
    mp_obj_t reason = text_object(pc_status_reason(status));
    mp_obj_t text = mp_binary_op(MP_BINARY_OP_ADD, argument, text_object(": "));
    text = mp_binary_op(MP_BINARY_OP_ADD, text, reason);
    mp_obj_t error = mp_call_function_n_kw(error_type, 1, 0, &text);
    mp_store_attr(error, MP_QSTR_argument, argument);
    mp_store_attr(error, MP_QSTR_reason, reason);
    nlr_raise(error);
}

static void check(const keystore_obj_t *self, int status) {
    if (status) {
        raise_status(((const struct module *)self->base.type)->error_type, status);
    }
}

static int is_integer(mp_obj_t value) {
    const mp_obj_type_t *type = mp_obj_get_type(value);
    return type == mp_obj_get_type(MP_OBJ_NEW_SMALL_INT(0)) || type == &mp_type_bool;
}

/* An integer that does not fit becomes -1, which no argument allows. */
static int get_number(mp_obj_t value) {
    if (!mp_obj_is_small_int(value)) {
        if (!is_integer(value)) {
            mp_raise_TypeError("int expected");
        }
        return value == mp_const_true ? 1 : value == mp_const_false ? 0 : -1;
    }
    mp_int_t number = MP_OBJ_SMALL_INT_VALUE(value);
    return number == (mp_int_t)(int32_t)number ? (int)number : -1;
}

/* Bytes of a buffer; text is no buffer here, as under CPython. */
static mp_buffer_info_t get_bytes(mp_obj_t value) {
    mp_buffer_info_t buffer;
    if (mp_obj_get_type(value) == &mp_type_str || !mp_get_buffer(value, &buffer, MP_BUFFER_READ)) {
        mp_raise_TypeError("buffer expected");
    }
    return buffer;
}

/* One optional argument after `fixed` others, by place or by name. */
static mp_obj_t get_optional(size_t n_args, const mp_obj_t *args, mp_map_t *kw_args, size_t fixed, qstr name,
    mp_obj_t value) {
    const mp_arg_t allowed[1] = {{name, MP_ARG_OBJ, {.u_obj = value}}};
    mp_arg_val_t parsed[1];
    mp_arg_parse_all(n_args - fixed, args + fixed, kw_args, 1, allowed, parsed);
    return parsed[0].u_obj;
}

/* --- KeyStore ------------------------------------------------------------------------------------------------- */

static mp_obj_t keystore_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    mp_arg_check_num(n_args, n_kw, 0, 0, false);
    keystore_obj_t *self = m_malloc(sizeof *self);
    self->base.type = type;
    pc_keystore_init(&self->store);
    return MP_OBJ_FROM_PTR(self);
}

/* load(slot, usage, key, cipher=0) -> check value */
static mp_obj_t keystore_load(size_t n_args, const mp_obj_t *args, mp_map_t *kw_args) {
    keystore_obj_t *self = MP_OBJ_TO_PTR(args[0]);
    int cipher = get_number(get_optional(n_args, args, kw_args, 4, MP_QSTR_cipher, MP_OBJ_NEW_SMALL_INT(0)));
    mp_buffer_info_t key = get_bytes(args[3]);
    uint8_t kcv[PC_KCV];
    check(self, pc_keystore_load(&self->store, get_number(args[1]), get_number(args[2]), cipher, key.buf, key.len,
        kcv));
    return mp_obj_new_bytes(kcv, PC_KCV);
}
static MP_DEFINE_CONST_FUN_OBJ_KW(keystore_load_obj, 4, keystore_load);

/* load_under(slot, usage, kek, cryptogram, kcv) */
static mp_obj_t keystore_load_under(size_t n_args, const mp_obj_t *args) {
    keystore_obj_t *self = MP_OBJ_TO_PTR(args[0]);
    mp_buffer_info_t cryptogram = get_bytes(args[4]);
    mp_buffer_info_t kcv = get_bytes(args[5]);
    check(self, pc_keystore_load_under(&self->store, get_number(args[1]), get_number(args[2]), get_number(args[3]),
        cryptogram.buf, cryptogram.len, kcv.buf, kcv.len));
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(keystore_load_under_obj, 6, 6, keystore_load_under);

/* load_working(kek, pin_slot, mac_slot, field62) */
static mp_obj_t keystore_load_working(size_t n_args, const mp_obj_t *args) {
    keystore_obj_t *self = MP_OBJ_TO_PTR(args[0]);
    mp_buffer_info_t field62 = get_bytes(args[4]);
    check(self, pc_keystore_load_working(&self->store, get_number(args[1]), get_number(args[2]), get_number(args[3]),
        field62.buf, field62.len));
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(keystore_load_working_obj, 5, 5, keystore_load_working);

static int slot_usage(keystore_obj_t *self, mp_obj_t slot) {
    int usage = 0;
    check(self, pc_keystore_usage(&self->store, get_number(slot), &usage));
    return usage;
}

/* usage(slot) -> int or None */
static mp_obj_t keystore_usage(mp_obj_t self_in, mp_obj_t slot) {
    int usage = slot_usage(MP_OBJ_TO_PTR(self_in), slot);
    return usage ? MP_OBJ_NEW_SMALL_INT(usage) : mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(keystore_usage_obj, keystore_usage);

/* kcv(slot) -> bytes or None */
static mp_obj_t keystore_kcv(mp_obj_t self_in, mp_obj_t slot) {
    keystore_obj_t *self = MP_OBJ_TO_PTR(self_in);
    if (!slot_usage(self, slot)) {
        return mp_const_none;
    }
    uint8_t kcv[PC_KCV];
    check(self, pc_keystore_kcv(&self->store, get_number(slot), kcv));
    return mp_obj_new_bytes(kcv, PC_KCV);
}
static MP_DEFINE_CONST_FUN_OBJ_2(keystore_kcv_obj, keystore_kcv);

/* erase(slot) */
static mp_obj_t keystore_erase(mp_obj_t self_in, mp_obj_t slot) {
    keystore_obj_t *self = MP_OBJ_TO_PTR(self_in);
    check(self, pc_keystore_erase(&self->store, get_number(slot)));
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(keystore_erase_obj, keystore_erase);

/* erase_all() */
static mp_obj_t keystore_erase_all(mp_obj_t self_in) {
    keystore_obj_t *self = MP_OBJ_TO_PTR(self_in);
    pc_keystore_erase_all(&self->store);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(keystore_erase_all_obj, keystore_erase_all);

/* mac(slot, alg, data, pad=1) -> bytes */
static mp_obj_t keystore_mac(size_t n_args, const mp_obj_t *args, mp_map_t *kw_args) {
    keystore_obj_t *self = MP_OBJ_TO_PTR(args[0]);
    int pad = get_number(get_optional(n_args, args, kw_args, 4, MP_QSTR_pad, MP_OBJ_NEW_SMALL_INT(1)));
    mp_buffer_info_t data = get_bytes(args[3]);
    uint8_t out[PC_BLOCK_MAX];
    size_t size = 0;
    check(self, pc_keystore_mac(&self->store, get_number(args[1]), get_number(args[2]), pad, data.buf, data.len, out,
        &size));
    return mp_obj_new_bytes(out, size);
}
static MP_DEFINE_CONST_FUN_OBJ_KW(keystore_mac_obj, 4, keystore_mac);

/* verify(slot, alg, data, mac, pad=1) -> bool */
static mp_obj_t keystore_verify(size_t n_args, const mp_obj_t *args, mp_map_t *kw_args) {
    keystore_obj_t *self = MP_OBJ_TO_PTR(args[0]);
    int pad = get_number(get_optional(n_args, args, kw_args, 5, MP_QSTR_pad, MP_OBJ_NEW_SMALL_INT(1)));
    mp_buffer_info_t data = get_bytes(args[3]);
    mp_buffer_info_t code = get_bytes(args[4]);
    int equal = 0;
    check(self, pc_keystore_verify(&self->store, get_number(args[1]), get_number(args[2]), pad, data.buf, data.len,
        code.buf, code.len, &equal));
    return mp_obj_new_bool(equal);
}
static MP_DEFINE_CONST_FUN_OBJ_KW(keystore_verify_obj, 5, keystore_verify);

/* mac_stream(slot, alg, pad=1) -> MacStream */
static mp_obj_t keystore_mac_stream(size_t n_args, const mp_obj_t *args, mp_map_t *kw_args) {
    keystore_obj_t *self = MP_OBJ_TO_PTR(args[0]);
    int pad = get_number(get_optional(n_args, args, kw_args, 3, MP_QSTR_pad, MP_OBJ_NEW_SMALL_INT(1)));
    stream_obj_t *stream = m_malloc(sizeof *stream);
    stream->base.type = (const mp_obj_type_t *)&((const struct module *)self->base.type)->stream_type;
    stream->keystore = self;
    check(self, pc_keystore_stream_start(&self->store, get_number(args[1]), get_number(args[2]), pad,
        &stream->stream));
    return MP_OBJ_FROM_PTR(stream);
}
static MP_DEFINE_CONST_FUN_OBJ_KW(keystore_mac_stream_obj, 3, keystore_mac_stream);

/* pin_block(slot, fmt, pin, pan) -> bytes; from here to the end no way out leaves the PIN in its buffer */
static mp_obj_t keystore_pin_block(size_t n_args, const mp_obj_t *args) {
    keystore_obj_t *self = MP_OBJ_TO_PTR(args[0]);
    mp_buffer_info_t pin;
    mp_buffer_info_t pan;
    mp_get_buffer_raise(args[3], &pin, MP_BUFFER_RW);
    if (!is_integer(args[1]) || !is_integer(args[2]) || !mp_get_buffer(args[4], &pan, MP_BUFFER_READ)) {
        pc_memory_wipe(pin.buf, pin.len);
        mp_raise_TypeError("slot, fmt: int; pan: str or bytes expected");
    }
    uint8_t out[PC_BLOCK_MAX];
    size_t size = 0;
    check(self, pc_keystore_pin_block(&self->store, get_number(args[1]), get_number(args[2]), pin.buf, pin.len,
        pan.buf, pan.len, out, &size));
    return mp_obj_new_bytes(out, size);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(keystore_pin_block_obj, 5, 5, keystore_pin_block);

/* wrap(slot, data, aad=b"") -> bytes */
static mp_obj_t keystore_wrap(size_t n_args, const mp_obj_t *args, mp_map_t *kw_args) {
    keystore_obj_t *self = MP_OBJ_TO_PTR(args[0]);
    mp_obj_t aad_in = get_optional(n_args, args, kw_args, 3, MP_QSTR_aad, MP_OBJ_NULL);
    mp_buffer_info_t aad = {0};
    if (aad_in != MP_OBJ_NULL) {
        aad = get_bytes(aad_in);
    }
    mp_buffer_info_t data = get_bytes(args[2]);
    uint8_t out[PC_SIV_TAG + PC_WRAP_MAX];
    check(self, pc_keystore_wrap(&self->store, get_number(args[1]), data.buf, data.len, aad.buf, aad.len, out));
    return mp_obj_new_bytes(out, PC_SIV_TAG + data.len);
}
static MP_DEFINE_CONST_FUN_OBJ_KW(keystore_wrap_obj, 3, keystore_wrap);

/* unwrap(slot, blob, aad=b"") -> bytes */
static mp_obj_t keystore_unwrap(size_t n_args, const mp_obj_t *args, mp_map_t *kw_args) {
    keystore_obj_t *self = MP_OBJ_TO_PTR(args[0]);
    mp_obj_t aad_in = get_optional(n_args, args, kw_args, 3, MP_QSTR_aad, MP_OBJ_NULL);
    mp_buffer_info_t aad = {0};
    if (aad_in != MP_OBJ_NULL) {
        aad = get_bytes(aad_in);
    }
    mp_buffer_info_t blob = get_bytes(args[2]);
    uint8_t out[PC_WRAP_MAX];
    check(self, pc_keystore_unwrap(&self->store, get_number(args[1]), blob.buf, blob.len, aad.buf, aad.len, out));
    mp_obj_t data = mp_obj_new_bytes(out, blob.len - PC_SIV_TAG);
    pc_memory_wipe(out, sizeof out);
    return data;
}
static MP_DEFINE_CONST_FUN_OBJ_KW(keystore_unwrap_obj, 3, keystore_unwrap);

/* seal(secret) -> bytes */
static mp_obj_t keystore_seal(mp_obj_t self_in, mp_obj_t secret_in) {
    keystore_obj_t *self = MP_OBJ_TO_PTR(self_in);
    mp_buffer_info_t secret = get_bytes(secret_in);
    uint8_t blob[PC_SEAL_SIZE];
    check(self, pc_seal_store(&self->store, secret.buf, secret.len, blob));
    return mp_obj_new_bytes(blob, sizeof blob);
}
static MP_DEFINE_CONST_FUN_OBJ_2(keystore_seal_obj, keystore_seal);

/* unseal(blob, secret) */
static mp_obj_t keystore_unseal(mp_obj_t self_in, mp_obj_t blob_in, mp_obj_t secret_in) {
    keystore_obj_t *self = MP_OBJ_TO_PTR(self_in);
    mp_buffer_info_t blob = get_bytes(blob_in);
    mp_buffer_info_t secret = get_bytes(secret_in);
    check(self, pc_seal_restore(&self->store, blob.buf, blob.len, secret.buf, secret.len));
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_3(keystore_unseal_obj, keystore_unseal);

/* --- MacStream ------------------------------------------------------------------------------------------------ */

/* update(data) */
static mp_obj_t stream_update(mp_obj_t self_in, mp_obj_t data_in) {
    stream_obj_t *self = MP_OBJ_TO_PTR(self_in);
    mp_buffer_info_t data = get_bytes(data_in);
    check(self->keystore, pc_keystore_stream_update(&self->keystore->store, &self->stream, data.buf, data.len));
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(stream_update_obj, stream_update);

/* digest() -> bytes */
static mp_obj_t stream_digest(mp_obj_t self_in) {
    stream_obj_t *self = MP_OBJ_TO_PTR(self_in);
    uint8_t out[PC_BLOCK_MAX];
    size_t size = 0;
    check(self->keystore, pc_keystore_stream_finish(&self->keystore->store, &self->stream, out, &size));
    return mp_obj_new_bytes(out, size);
}
static MP_DEFINE_CONST_FUN_OBJ_1(stream_digest_obj, stream_digest);

/* --- module --------------------------------------------------------------------------------------------------- */

/* equal(left, right) -> bool */
static mp_obj_t module_equal(mp_obj_t left_in, mp_obj_t right_in) {
    mp_buffer_info_t left = get_bytes(left_in);
    mp_buffer_info_t right = get_bytes(right_in);
    return mp_obj_new_bool(left.len == right.len && pc_memory_equal(left.buf, right.buf, left.len));
}
static MP_DEFINE_CONST_FUN_OBJ_2(module_equal_obj, module_equal);

/* wipe(buffer) */
static mp_obj_t module_wipe(mp_obj_t buffer_in) {
    mp_buffer_info_t buffer;
    mp_get_buffer_raise(buffer_in, &buffer, MP_BUFFER_RW);
    pc_memory_wipe(buffer.buf, buffer.len);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(module_wipe_obj, module_wipe);

/* selftest(); the error type is bound to it as a closure */
static mp_obj_t module_selftest(mp_obj_t error_type) {
    int status = pc_selftest_run();
    if (status) {
        raise_status(error_type, status);
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(module_selftest_obj, module_selftest);

static void add(mp_obj_t dict, qstr name, const void *function) {
    mp_obj_dict_store(dict, MP_OBJ_NEW_QSTR(name), MP_OBJ_FROM_PTR(function));
}

/* class Error(ValueError): argument = ""; reason = "" */
static mp_obj_t make_error_type(void) {
    mp_obj_t attributes = mp_obj_new_dict(2);
    mp_obj_dict_store(attributes, MP_OBJ_NEW_QSTR(MP_QSTR_argument), text_object(""));
    mp_obj_dict_store(attributes, MP_OBJ_NEW_QSTR(MP_QSTR_reason), text_object(""));
    mp_obj_t base = MP_OBJ_FROM_PTR(&mp_type_ValueError);
    mp_obj_t args[3] = {MP_OBJ_NEW_QSTR(MP_QSTR_Error), mp_obj_new_tuple(1, &base), attributes};
    return mp_call_function_n_kw(MP_OBJ_FROM_PTR(&mp_type_type), 3, 0, args);
}

static void make_keystore_type(mp_obj_full_type_t *type) {
    mp_obj_t methods = mp_obj_new_dict(15);
    add(methods, MP_QSTR_load, &keystore_load_obj);
    add(methods, MP_QSTR_load_under, &keystore_load_under_obj);
    add(methods, MP_QSTR_load_working, &keystore_load_working_obj);
    add(methods, MP_QSTR_usage, &keystore_usage_obj);
    add(methods, MP_QSTR_kcv, &keystore_kcv_obj);
    add(methods, MP_QSTR_erase, &keystore_erase_obj);
    add(methods, MP_QSTR_erase_all, &keystore_erase_all_obj);
    add(methods, MP_QSTR_mac, &keystore_mac_obj);
    add(methods, MP_QSTR_verify, &keystore_verify_obj);
    add(methods, MP_QSTR_mac_stream, &keystore_mac_stream_obj);
    add(methods, MP_QSTR_pin_block, &keystore_pin_block_obj);
    add(methods, MP_QSTR_wrap, &keystore_wrap_obj);
    add(methods, MP_QSTR_unwrap, &keystore_unwrap_obj);
    add(methods, MP_QSTR_seal, &keystore_seal_obj);
    add(methods, MP_QSTR_unseal, &keystore_unseal_obj);
    type->base.type = mp_fun_table.type_type;
    type->name = MP_QSTR_KeyStore;
    MP_OBJ_TYPE_SET_SLOT(type, make_new, keystore_make_new, 0);
    MP_OBJ_TYPE_SET_SLOT(type, locals_dict, MP_OBJ_TO_PTR(methods), 1);
}

static void make_stream_type(mp_obj_full_type_t *type) {
    mp_obj_t methods = mp_obj_new_dict(2);
    add(methods, MP_QSTR_update, &stream_update_obj);
    add(methods, MP_QSTR_digest, &stream_digest_obj);
    type->base.type = mp_fun_table.type_type;
    type->name = MP_QSTR_MacStream;
    MP_OBJ_TYPE_SET_SLOT(type, locals_dict, MP_OBJ_TO_PTR(methods), 0);
}

mp_obj_t mpy_init(mp_obj_fun_bc_t *self, size_t n_args, size_t n_kw, mp_obj_t *args) {
    MP_DYNRUNTIME_INIT_ENTRY

    struct module *module = m_malloc(sizeof *module);
    pc_memory_wipe(module, sizeof *module);
    make_keystore_type(&module->keystore_type);
    make_stream_type(&module->stream_type);
    module->error_type = make_error_type();

    mp_store_global(MP_QSTR_KeyStore, MP_OBJ_FROM_PTR(&module->keystore_type));
    mp_store_global(MP_QSTR_Error, module->error_type);
    mp_store_global(MP_QSTR_equal, MP_OBJ_FROM_PTR(&module_equal_obj));
    mp_store_global(MP_QSTR_wipe, MP_OBJ_FROM_PTR(&module_wipe_obj));
    mp_store_global(MP_QSTR_selftest,
        mp_fun_table.new_closure(MP_OBJ_FROM_PTR(&module_selftest_obj), 1, &module->error_type));

    mp_store_global(MP_QSTR_KEK, MP_OBJ_NEW_SMALL_INT(PC_USAGE_KEK));
    mp_store_global(MP_QSTR_PIN, MP_OBJ_NEW_SMALL_INT(PC_USAGE_PIN));
    mp_store_global(MP_QSTR_MAC, MP_OBJ_NEW_SMALL_INT(PC_USAGE_MAC));
    mp_store_global(MP_QSTR_DATA, MP_OBJ_NEW_SMALL_INT(PC_USAGE_DATA));
    mp_store_global(MP_QSTR_DUKPT, MP_OBJ_NEW_SMALL_INT(PC_USAGE_DUKPT));
    mp_store_global(MP_QSTR_DES, MP_OBJ_NEW_SMALL_INT(PC_CIPHER_DES));
    mp_store_global(MP_QSTR_AES, MP_OBJ_NEW_SMALL_INT(PC_CIPHER_AES));
    mp_store_global(MP_QSTR_MAC_ECB_UNIONPAY, MP_OBJ_NEW_SMALL_INT(PC_MAC_ECB_UNIONPAY));
    mp_store_global(MP_QSTR_MAC_X919, MP_OBJ_NEW_SMALL_INT(PC_MAC_X919));
    mp_store_global(MP_QSTR_MAC_CBC, MP_OBJ_NEW_SMALL_INT(PC_MAC_CBC));
    mp_store_global(MP_QSTR_MAC_CMAC, MP_OBJ_NEW_SMALL_INT(PC_MAC_CMAC));

    MP_DYNRUNTIME_INIT_EXIT
}
