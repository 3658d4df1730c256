/* Dukpt: a derived unique key per transaction, ANSI X9.24-1 and X9.24-3. */
#include "binding.h"

#if PC_WITH_DUKPT

typedef struct {
    mp_obj_base_t base;
    binding_t *binding;
    pc_dukpt_t dukpt;
} dukpt_obj_t;

mp_obj_t binding_dukpt_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    mp_arg_check_num(n_args, n_kw, 0, 0, false);
    dukpt_obj_t *self = BINDING_NEW(dukpt_obj_t, type);
    self->base.type = type;
    self->binding = BINDING_OF(type);
    if (self->binding->health.status == PC_HEALTH_UNTESTED) {
        (void)pc_selftest_run(&self->binding->health);
    }
    pc_dukpt_init(&self->dukpt);
    return MP_OBJ_FROM_PTR(self);
}

static dukpt_obj_t *get_self(mp_obj_t value) {
    return binding_cast(value, binding_dukpt_make_new);
}

/* The key store's calls say by themselves that a self-test has failed; the others ask here. */
static void check_health(const dukpt_obj_t *self) {
    const int status = self->binding->health.status;
    binding_check(self, status < 0 ? status : PC_OK);
}

/* start(store, slot, ksn) */
static mp_obj_t start(size_t n_args, const mp_obj_t *args, mp_map_t *kw_args) {
    dukpt_obj_t *self;
    keystore_obj_t *keystore;
    int slot;
    mp_buffer_info_t ksn;
    binding_unpack(n_args, args, kw_args, "DKib", &self, &keystore, &slot, &ksn);
    return binding_none(self, pc_keystore_dukpt_start(&keystore->store, slot, ksn.buf, ksn.len, &self->dukpt));
}
static MP_DEFINE_CONST_FUN_OBJ_KW(start_obj, 1, start);

/* next() -> serial number, to be stored before its key is used */
static mp_obj_t next(mp_obj_t self_in) {
    dukpt_obj_t *self = get_self(self_in);
    check_health(self);
    uint8_t ksn[PC_DUKPT_KSN_MAX];
    size_t size = 0;
    const int status = pc_dukpt_next(&self->dukpt, ksn, &size);
    return binding_bytes(self, status, ksn, size);
}
static MP_DEFINE_CONST_FUN_OBJ_1(next_obj, next);

/* skip(ksn) */
static mp_obj_t skip(size_t n_args, const mp_obj_t *args, mp_map_t *kw_args) {
    dukpt_obj_t *self;
    mp_buffer_info_t ksn;
    binding_unpack(n_args, args, kw_args, "Db", &self, &ksn);
    check_health(self);
    return binding_none(self, pc_dukpt_skip(&self->dukpt, ksn.buf, ksn.len));
}
static MP_DEFINE_CONST_FUN_OBJ_KW(skip_obj, 1, skip);

/* ksn() -> serial number of the last counter handed out or skipped */
static mp_obj_t ksn(mp_obj_t self_in) {
    dukpt_obj_t *self = get_self(self_in);
    check_health(self);
    uint8_t value[PC_DUKPT_KSN_MAX];
    size_t size = 0;
    const int status = pc_dukpt_ksn(&self->dukpt, value, &size);
    return binding_bytes(self, status, value, size);
}
static MP_DEFINE_CONST_FUN_OBJ_1(ksn_obj, ksn);

/* load(store, slot, purpose, cipher=0, size=0) */
static mp_obj_t load(size_t n_args, const mp_obj_t *args, mp_map_t *kw_args) {
    dukpt_obj_t *self;
    keystore_obj_t *keystore;
    int slot, purpose, cipher = 0, size = 0;
    binding_unpack(n_args, args, kw_args, "DKii|ii", &self, &keystore, &slot, &purpose, MP_QSTR_cipher, &cipher,
        MP_QSTR_size, &size);
    return binding_none(self, pc_keystore_load_derived(&keystore->store, slot, &self->dukpt, purpose, cipher,
        (size_t)size));
}
static MP_DEFINE_CONST_FUN_OBJ_KW(load_obj, 1, load);

/* finish() */
static mp_obj_t finish(mp_obj_t self_in) {
    dukpt_obj_t *self = get_self(self_in);
    pc_dukpt_finish(&self->dukpt);
    return binding_none(self, PC_OK);
}
static MP_DEFINE_CONST_FUN_OBJ_1(finish_obj, finish);

/* seal(secret) -> bytes */
static mp_obj_t seal(size_t n_args, const mp_obj_t *args, mp_map_t *kw_args) {
    dukpt_obj_t *self;
    mp_buffer_info_t secret;
    binding_unpack(n_args, args, kw_args, "Db", &self, &secret);
    check_health(self);
    uint8_t blob[PC_SEAL_DUKPT_MAX];
    size_t size = 0;
    const int status = pc_seal_dukpt(&self->dukpt, secret.buf, secret.len, blob, &size);
    return binding_bytes(self, status, blob, size);
}
static MP_DEFINE_CONST_FUN_OBJ_KW(seal_obj, 1, seal);

/* unseal(blob, secret) */
static mp_obj_t unseal(size_t n_args, const mp_obj_t *args, mp_map_t *kw_args) {
    dukpt_obj_t *self;
    mp_buffer_info_t blob, secret;
    binding_unpack(n_args, args, kw_args, "Dbb", &self, &blob, &secret);
    check_health(self);
    return binding_none(self, pc_seal_dukpt_restore(&self->dukpt, blob.buf, blob.len, secret.buf, secret.len));
}
static MP_DEFINE_CONST_FUN_OBJ_KW(unseal_obj, 1, unseal);

#if !MICROPY_ENABLE_DYNRUNTIME
static mp_obj_t forget(mp_obj_t self_in) {
    pc_dukpt_t *dukpt = &get_self(self_in)->dukpt;
    pc_memory_wipe(dukpt, sizeof *dukpt);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(forget_obj, forget);
#endif

static const mp_rom_map_elem_t dukpt_methods[] = {
    {BINDING_FIXED_QSTR(MP_QSTR_start), MP_ROM_PTR(&start_obj)},
    {BINDING_FIXED_QSTR(MP_QSTR_next), MP_ROM_PTR(&next_obj)},
    {MP_ROM_QSTR(MP_QSTR_skip), MP_ROM_PTR(&skip_obj)},
    {MP_ROM_QSTR(MP_QSTR_ksn), MP_ROM_PTR(&ksn_obj)},
    {MP_ROM_QSTR(MP_QSTR_load), MP_ROM_PTR(&load_obj)},
    {MP_ROM_QSTR(MP_QSTR_finish), MP_ROM_PTR(&finish_obj)},
    {MP_ROM_QSTR(MP_QSTR_seal), MP_ROM_PTR(&seal_obj)},
    {MP_ROM_QSTR(MP_QSTR_unseal), MP_ROM_PTR(&unseal_obj)},
#if !MICROPY_ENABLE_DYNRUNTIME
    {MP_ROM_QSTR(MP_QSTR___del__), MP_ROM_PTR(&forget_obj)}, /* a native module can not ask for finalisers */
#endif
};
BINDING_DEFINE_TYPE(dukpt, MP_QSTR_Dukpt, binding_dukpt_make_new, dukpt_methods)

#endif
