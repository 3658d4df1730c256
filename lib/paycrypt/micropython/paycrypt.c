/* The module paycrypt: its exception, functions and constants, and how each of the two builds begins. */
#include "binding.h"

/* --- Error ---------------------------------------------------------------------------------------------------- */

/* The text is "argument: reason"; the attributes are its two parts. */
static mp_obj_t message_part(mp_obj_t message, bool reason) {
    mp_buffer_info_t text;
    if (!mp_get_buffer(message, &text, MP_BUFFER_READ)) {
        text.len = 0;
    }
    const char *const start = text.buf;
    size_t colon = 0;
    while (colon < text.len && start[colon] != ':') {
        colon++;
    }
    if (colon + 2 > text.len) {
        return mp_obj_new_str("", 0);
    }
    return reason ? mp_obj_new_str(start + colon + 2, text.len - colon - 2) : mp_obj_new_str(start, colon);
}

static void error_attr(mp_obj_t self_in, qstr attr, mp_obj_t *dest) {
    const bool own = dest[0] == MP_OBJ_NULL && (attr == MP_QSTR_argument || attr == MP_QSTR_reason);
    mp_obj_t args[2] = {MP_OBJ_NULL, MP_OBJ_NULL};
    mp_obj_exception_attr(self_in, own ? MP_QSTR_args : attr, own ? args : dest);
    if (own) {
        const mp_obj_tuple_t *const tuple = MP_OBJ_TO_PTR(args[0]);
        dest[0] = message_part(tuple->len ? tuple->items[0] : mp_const_none, attr == MP_QSTR_reason);
    }
}

/* --- functions ------------------------------------------------------------------------------------------------ */

/* equal(left, right) -> bool */
static mp_obj_t equal(mp_obj_t left_in, mp_obj_t right_in) {
    mp_buffer_info_t left, right;
    binding_get_bytes(left_in, &left);
    binding_get_bytes(right_in, &right);
    return mp_obj_new_bool(left.len == right.len && pc_memory_equal(left.buf, right.buf, left.len));
}
static MP_DEFINE_CONST_FUN_OBJ_2(equal_obj, equal);

/* wipe(buffer) */
static mp_obj_t wipe(mp_obj_t buffer_in) {
    mp_buffer_info_t buffer;
    mp_get_buffer_raise(buffer_in, &buffer, MP_BUFFER_RW);
    pc_memory_wipe(buffer.buf, buffer.len);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(wipe_obj, wipe);

static mp_obj_t run_selftest(binding_t *binding) {
    const binding_object_t self = {.binding = binding};
    return binding_none(&self, pc_selftest_run(&binding->health));
}

/* --- the two builds ------------------------------------------------------------------------------------------- */

#define GLOBALS \
    {MP_ROM_QSTR(MP_QSTR_equal), MP_ROM_PTR(&equal_obj)}, \
    {MP_ROM_QSTR(MP_QSTR_wipe), MP_ROM_PTR(&wipe_obj)}, \
    {MP_ROM_QSTR(MP_QSTR_KEK), MP_ROM_INT(PC_USAGE_KEK)}, \
    {MP_ROM_QSTR(MP_QSTR_PIN), MP_ROM_INT(PC_USAGE_PIN)}, \
    {MP_ROM_QSTR(MP_QSTR_MAC), MP_ROM_INT(PC_USAGE_MAC)}, \
    {MP_ROM_QSTR(MP_QSTR_DATA), MP_ROM_INT(PC_USAGE_DATA)}, \
    {MP_ROM_QSTR(MP_QSTR_MAC_ECB_UNIONPAY), MP_ROM_INT(PC_MAC_ECB_UNIONPAY)}, \
    {MP_ROM_QSTR(MP_QSTR_MAC_X919), MP_ROM_INT(PC_MAC_X919)}, \
    {MP_ROM_QSTR(MP_QSTR_MAC_CBC), MP_ROM_INT(PC_MAC_CBC)}
#define GLOBALS_ALL \
    {MP_ROM_QSTR(MP_QSTR_DUKPT), MP_ROM_INT(PC_USAGE_DUKPT)}, \
    {MP_ROM_QSTR(MP_QSTR_DES), MP_ROM_INT(PC_CIPHER_DES)}, \
    {MP_ROM_QSTR(MP_QSTR_AES), MP_ROM_INT(PC_CIPHER_AES)}, \
    {MP_ROM_QSTR(MP_QSTR_SM4), MP_ROM_INT(PC_CIPHER_SM4)}, \
    {MP_ROM_QSTR(MP_QSTR_MAC_CMAC), MP_ROM_INT(PC_MAC_CMAC)}, \
    {MP_ROM_QSTR(MP_QSTR_KCV_LEGACY), MP_ROM_INT(PC_KCV_LEGACY)}, \
    {MP_ROM_QSTR(MP_QSTR_KCV_CMAC), MP_ROM_INT(PC_KCV_CMAC)}, \
    {MP_ROM_QSTR(MP_QSTR_DUKPT_PIN), MP_ROM_INT(PC_DUKPT_PIN)}, \
    {MP_ROM_QSTR(MP_QSTR_DUKPT_MAC_REQUEST), MP_ROM_INT(PC_DUKPT_MAC_REQUEST)}, \
    {MP_ROM_QSTR(MP_QSTR_DUKPT_MAC_RESPONSE), MP_ROM_INT(PC_DUKPT_MAC_RESPONSE)}, \
    {MP_ROM_QSTR(MP_QSTR_DUKPT_DATA_REQUEST), MP_ROM_INT(PC_DUKPT_DATA_REQUEST)}, \
    {MP_ROM_QSTR(MP_QSTR_DUKPT_DATA_RESPONSE), MP_ROM_INT(PC_DUKPT_DATA_RESPONSE)}

#if MICROPY_ENABLE_DYNRUNTIME

static const mp_rom_map_elem_t globals[] = {
    GLOBALS,
#if PC_WITH_ALL
    GLOBALS_ALL,
#endif
};

/* selftest(): a closure over the module's state, which begins with an object */
static mp_obj_t selftest(mp_obj_t state) {
    return run_selftest(MP_OBJ_TO_PTR(state));
}
static MP_DEFINE_CONST_FUN_OBJ_1(selftest_obj, selftest);

static qstr row_name(const mp_rom_map_elem_t *row) {
    const intptr_t key = (intptr_t)row->key;
    return key < 0 ? (qstr)-key : mp_native_qstr_table[key];
}

binding_type_t *binding_new_type(binding_t *binding) {
    binding_type_t *made = m_malloc(sizeof *made);
    pc_memory_wipe(made, sizeof *made);
    made->binding = binding;
    return made;
}

binding_type_t *binding_make_type(binding_t *binding, qstr name, mp_make_new_fun_t make_new,
    const mp_rom_map_elem_t *methods, size_t count) {
    binding_type_t *made = binding_new_type(binding);
    mp_obj_t locals = mp_obj_new_dict(count);
    for (size_t i = 0; i < count; i++) {
        mp_obj_dict_store(locals, MP_OBJ_NEW_QSTR(row_name(&methods[i])), (mp_obj_t)methods[i].value);
    }
    mp_obj_full_type_t *type = &made->type;
    type->base.type = &mp_type_type;
    type->name = (uint16_t)name;
    MP_OBJ_TYPE_SET_SLOT(type, make_new, make_new, 0);
    MP_OBJ_TYPE_SET_SLOT(type, locals_dict, MP_OBJ_TO_PTR(locals), 1);
    return made;
}

mp_obj_t mpy_init(mp_obj_fun_bc_t *self, size_t n_args, size_t n_kw, mp_obj_t *args) {
    MP_DYNRUNTIME_INIT_ENTRY

    binding_t *binding = m_malloc(sizeof *binding);
    pc_memory_wipe(binding, sizeof *binding);
    binding->context = self->context;
    binding->health.status = PC_HEALTH_UNTESTED;
    binding_make_keystore_type(binding);
    binding->base.type = BINDING_TYPE(binding, keystore);
#if PC_WITH_STREAM
    binding_make_stream_type(binding);
    mp_store_global(MP_QSTR_MacStream, MP_OBJ_FROM_PTR(binding->stream));
#endif
    binding->error = binding_new_type(binding);
    mp_obj_exception_init(&binding->error->type, MP_QSTR_Error, &mp_type_ValueError);
    MP_OBJ_TYPE_SET_SLOT(&binding->error->type, attr, error_attr, 2);
    mp_store_global(MP_QSTR_KeyStore, MP_OBJ_FROM_PTR(binding->keystore));
    mp_store_global(MP_QSTR_Error, MP_OBJ_FROM_PTR(binding->error));
#if PC_WITH_DUKPT
    binding_make_dukpt_type(binding);
    mp_store_global(MP_QSTR_Dukpt, MP_OBJ_FROM_PTR(binding->dukpt));
#endif
    mp_obj_t state = MP_OBJ_FROM_PTR(binding);
    mp_store_global(MP_QSTR_selftest, mp_fun_table.new_closure(MP_OBJ_FROM_PTR(&selftest_obj), 1, &state));
    for (size_t i = 0; i < MP_ARRAY_SIZE(globals); i++) {
        mp_store_global(row_name(&globals[i]), (mp_obj_t)globals[i].value);
    }

    MP_DYNRUNTIME_INIT_EXIT
}

#else

binding_t binding_state = {.health = {PC_HEALTH_UNTESTED}};

static mp_obj_t selftest(void) {
    return run_selftest(&binding_state);
}
static MP_DEFINE_CONST_FUN_OBJ_0(selftest_obj, selftest);

MP_DEFINE_CONST_OBJ_TYPE(binding_error_type, MP_QSTR_Error, MP_TYPE_FLAG_NONE, make_new, mp_obj_exception_make_new,
    print, mp_obj_exception_print, attr, error_attr, parent, &mp_type_ValueError);

static const mp_rom_map_elem_t globals_table[] = {
    {MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_paycrypt)},
    {MP_ROM_QSTR(MP_QSTR_KeyStore), MP_ROM_PTR(&binding_keystore_type)},
#if PC_WITH_STREAM
    {MP_ROM_QSTR(MP_QSTR_MacStream), MP_ROM_PTR(&binding_stream_type)},
#endif
    {MP_ROM_QSTR(MP_QSTR_Error), MP_ROM_PTR(&binding_error_type)},
    {MP_ROM_QSTR(MP_QSTR_selftest), MP_ROM_PTR(&selftest_obj)},
    GLOBALS,
#if PC_WITH_DUKPT
    {MP_ROM_QSTR(MP_QSTR_Dukpt), MP_ROM_PTR(&binding_dukpt_type)},
    GLOBALS_ALL,
#endif
};
static MP_DEFINE_CONST_DICT(globals, globals_table);

const mp_obj_module_t paycrypt_module = {
    .base = {&mp_type_module},
    .globals = (mp_obj_dict_t *)&globals,
};
MP_REGISTER_MODULE(MP_QSTR_paycrypt, paycrypt_module);

#endif
