/* What the parts of the MicroPython binding share, and all that differs between its two builds.
 *
 * A native module (paycrypt.mpy) has no writable static data and no tables of names: its types and its state are one
 * object on the heap, filled when the module is imported. A user module is linked into the firmware, with its types in
 * ROM. */
#ifndef PC_BINDING_H
#define PC_BINDING_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#if MICROPY_ENABLE_DYNRUNTIME
#include "py/dynruntime.h"
#else
#include "py/objexcept.h"
#include "py/objtype.h"
#include "py/runtime.h"
#endif

#include "keystore.h"
#include "memory.h"
#include "seal.h"
#include "selftest.h"
#include "status.h"

#if MICROPY_ENABLE_DYNRUNTIME

/* A table holds a name's place among the module's names instead of the name, which is known only after loading. Some
 * names are the same number in every interpreter: their rows say so, and hold it as a negative. */
#define MP_ROM_QSTR(name) ((mp_const_obj_t)(intptr_t)(&(name) - mp_native_qstr_table))
#define BINDING_FIXED_QSTR(name) ((mp_const_obj_t)(-(intptr_t)(name)))

typedef struct binding binding_t;

/* A type is a block of the heap of its own, because the collector follows pointers to the beginning of a block only; a program
 * that has kept nothing but this type keeps the rest with it. */
typedef struct {
    mp_obj_full_type_t type;
    binding_t *binding;
} binding_type_t;

struct binding {
    mp_obj_base_t base; /* selftest() is a closure, and what those hold are objects */
    const mp_module_context_t *context; /* the module's own memory: its names, its constants, the methods among them */
    pc_health_t health;
    binding_type_t *keystore;
    binding_type_t *error;
#if PC_WITH_STREAM
    binding_type_t *stream;
#endif
#if PC_WITH_DUKPT
    binding_type_t *dukpt;
#endif
};

#define BINDING_TYPE(binding, name) ((const mp_obj_type_t *)(binding)->name)
#define BINDING_OF(type) (((const binding_type_t *)(type))->binding)
#define BINDING_NEW(object, type) ((object *)m_malloc(sizeof(object)))

/* Make a type without content; then fill it in, its methods getting their names here. */
binding_type_t *binding_new_type(binding_t *binding);
binding_type_t *binding_make_type(binding_t *binding, qstr name, mp_make_new_fun_t make_new,
    const mp_rom_map_elem_t *methods, size_t count);
void binding_make_keystore_type(binding_t *binding);
void binding_make_stream_type(binding_t *binding);
void binding_make_dukpt_type(binding_t *binding);

#define BINDING_DEFINE_TYPE(member, name, make_new, methods) \
    void binding_make_##member##_type(binding_t *binding) { \
        binding->member = binding_make_type(binding, name, make_new, methods, MP_ARRAY_SIZE(methods)); \
    }

#else

#define BINDING_FIXED_QSTR(name) MP_ROM_QSTR(name)

typedef struct {
    pc_health_t health;
} binding_t;

extern binding_t binding_state;
extern const mp_obj_type_t binding_keystore_type;
extern const mp_obj_type_t binding_stream_type;
extern const mp_obj_type_t binding_dukpt_type;
extern const mp_obj_type_t binding_error_type;

#define BINDING_TYPE(binding, name) ((void)(binding), &binding_##name##_type)
#define BINDING_OF(type) ((void)(type), &binding_state)
#define BINDING_NEW(object, type) mp_obj_malloc_with_finaliser(object, type)

#define BINDING_DEFINE_TYPE(member, name, constructor, methods) \
    static MP_DEFINE_CONST_DICT(member##_locals, methods); \
    MP_DEFINE_CONST_OBJ_TYPE(binding_##member##_type, name, MP_TYPE_FLAG_NONE, make_new, constructor, \
        locals_dict, &member##_locals);

#endif

/* How every object of the module begins. */
typedef struct {
    mp_obj_base_t base;
    binding_t *binding;
} binding_object_t;

typedef struct {
    mp_obj_base_t base;
    binding_t *binding;
    pc_keystore_t store;
} keystore_obj_t;

/* Constructors; they also tell an object's type, in both builds alike. */
mp_obj_t binding_keystore_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args);
mp_obj_t binding_dukpt_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args);

/* A MacStream for a store. */
mp_obj_t binding_new_stream(keystore_obj_t *keystore, int slot, int alg, int pad);

/* Raise paycrypt.Error for a status that is not PC_OK. `self` is any object of the module. */
void binding_check(const void *self, int status);

/* The same; else return None, or bytes. */
mp_obj_t binding_none(const void *self, int status);
mp_obj_t binding_bytes(const void *self, int status, const uint8_t *data, size_t size);

/* `value` as what `constructor` makes, also an instance of a class derived from it; else TypeError. A method can be
 * called on anything. */
void *binding_cast(mp_obj_t value, mp_make_new_fun_t constructor);

/* Whether `value` is an integer, be it too large for C. */
bool binding_is_integer(mp_obj_t value);

/* `value` as an int; one that does not fit becomes -1, which no argument allows. TypeError for anything else. */
int binding_get_number(mp_obj_t value);

/* Whether `value` is a buffer, and its bytes; text is none here, as under CPython. */
bool binding_is_bytes(mp_obj_t value, mp_buffer_info_t *buffer);

/* The same, or TypeError. */
void binding_get_bytes(mp_obj_t value, mp_buffer_info_t *buffer);

/* Take the arguments apart as `spec` says: a letter for each one that must be given by place, then "|" and a letter for
 * each that may follow by place or by name. After `spec` come the pointers to fill, each of the latter after its name.
 * What is not given stays as it was.
 *   K  keystore_obj_t **   a KeyStore
 *   D  dukpt_obj_t **      a Dukpt
 *   i  int *               an integer as binding_get_number gives it
 *   p  int *               an integer or a truth value as 1 or 0: no Python code runs that could move a buffer
 *   b  mp_buffer_info_t *  a buffer as binding_get_bytes gives it
 *   z  mp_buffer_info_t *  a buffer, or None, which changes nothing
 *   t  mp_buffer_info_t *  text or a buffer
 *   o  mp_obj_t *          anything */
void binding_unpack(size_t n_args, const mp_obj_t *args, mp_map_t *kw_args, const char *spec, ...);

/* Call function(argument); when it raises, wipe the buffer `secret`, wherever it lies by then, and raise on. */
mp_obj_t binding_call_wiping(mp_obj_t function, mp_obj_t argument, mp_obj_t secret);

#endif
