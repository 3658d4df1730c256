/* MacStream: an authentication code in pieces. */
#include "binding.h"

#if PC_WITH_STREAM

typedef struct {
    mp_obj_base_t base;
    binding_t *binding;
    keystore_obj_t *keystore;
    pc_mac_stream_t stream;
} stream_obj_t;

static mp_obj_t stream_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    mp_raise_TypeError(MP_ERROR_TEXT("KeyStore.mac_stream makes it"));
    return mp_const_none;
}

static stream_obj_t *get_self(mp_obj_t value) {
    return binding_cast(value, stream_make_new);
}

mp_obj_t binding_new_stream(keystore_obj_t *keystore, int slot, int alg, int pad) {
    stream_obj_t *self = m_malloc(sizeof *self);
    self->base.type = BINDING_TYPE(keystore->binding, stream);
    self->binding = keystore->binding;
    self->keystore = keystore;
    binding_check(self, pc_keystore_stream_start(&keystore->store, slot, alg, pad, &self->stream));
    return MP_OBJ_FROM_PTR(self);
}

/* update(data) */
static mp_obj_t update(mp_obj_t self_in, mp_obj_t data_in) {
    stream_obj_t *self = get_self(self_in);
    mp_buffer_info_t data;
    binding_get_bytes(data_in, &data);
    return binding_none(self, pc_keystore_stream_update(&self->keystore->store, &self->stream, data.buf, data.len));
}
static MP_DEFINE_CONST_FUN_OBJ_2(update_obj, update);

/* digest() -> bytes */
static mp_obj_t digest(mp_obj_t self_in) {
    stream_obj_t *self = get_self(self_in);
    uint8_t out[PC_BLOCK_MAX];
    size_t size = 0;
    const int status = pc_keystore_stream_finish(&self->keystore->store, &self->stream, out, &size);
    return binding_bytes(self, status, out, size);
}
static MP_DEFINE_CONST_FUN_OBJ_1(digest_obj, digest);

static const mp_rom_map_elem_t stream_methods[] = {
    {BINDING_FIXED_QSTR(MP_QSTR_update), MP_ROM_PTR(&update_obj)},
    {MP_ROM_QSTR(MP_QSTR_digest), MP_ROM_PTR(&digest_obj)},
};
BINDING_DEFINE_TYPE(stream, MP_QSTR_MacStream, stream_make_new, stream_methods)
#endif
