/* Errors, arguments and the guarded call of the MicroPython binding. */
#include "binding.h"

#define OPTIONAL_MAX 4 /* arguments by name of one call */
#define MESSAGE_MAX 80 /* characters of "argument: reason" */
#define JUMP_WORDS 40  /* words that an interpreter may save for a jump; glibc's 25 on x86-64 are the most known */

/* --- errors --------------------------------------------------------------------------------------------------- */

PC_APART static size_t append(char *text, size_t size, const char *more) {
    while (*more && size < MESSAGE_MAX) {
        text[size++] = *more++;
    }
    return size;
}

static void raise_status(binding_t *binding, int status) {
    char text[MESSAGE_MAX];
    size_t size = append(text, 0, pc_status_argument(status));
    size = append(text, size, ": ");
    size = append(text, size, pc_status_reason(status));
    mp_obj_t message = mp_obj_new_str(text, size);
    nlr_raise(mp_call_function_n_kw(MP_OBJ_FROM_PTR(BINDING_TYPE(binding, error)), 1, 0, &message));
}

void binding_check(const void *self, int status) {
    if (status) {
        raise_status(((const binding_object_t *)self)->binding, status);
    }
}

mp_obj_t binding_none(const void *self, int status) {
    binding_check(self, status);
    return mp_const_none;
}

mp_obj_t binding_bytes(const void *self, int status, const uint8_t *data, size_t size) {
    binding_check(self, status);
    return mp_obj_new_bytes(data, size);
}

/* --- arguments ------------------------------------------------------------------------------------------------ */

PC_APART static void refuse(mp_rom_error_text_t reason) {
    mp_raise_TypeError(reason);
}

static bool has_constructor(const mp_obj_type_t *type, mp_make_new_fun_t constructor) {
    return MP_OBJ_TYPE_HAS_SLOT(type, make_new) && MP_OBJ_TYPE_GET_SLOT(type, make_new) == constructor;
}

void *binding_cast(mp_obj_t value, mp_make_new_fun_t constructor) {
    const mp_obj_type_t *type = mp_obj_get_type(value);
    /* several parents are a tuple: such a class is refused */
    while (type && type->base.type == &mp_type_type && !has_constructor(type, constructor)) {
        type = MP_OBJ_TYPE_GET_SLOT_OR_NULL(type, parent);
        if (type && type->base.type == &mp_type_type && has_constructor(type, constructor)) {
            value = ((mp_obj_instance_t *)MP_OBJ_TO_PTR(value))->subobj[0];
        }
    }
    /* the object inside is missing until the derived class has called __init__ of this one */
    if (!has_constructor(mp_obj_get_type(value), constructor)) {
        refuse(MP_ERROR_TEXT("object of another type"));
    }
    return MP_OBJ_TO_PTR(value);
}

bool binding_is_integer(mp_obj_t value) {
    const mp_obj_type_t *type = mp_obj_get_type(value);
    return type == mp_obj_get_type(MP_OBJ_NEW_SMALL_INT(0)) || type == mp_obj_get_type(mp_const_true);
}

int binding_get_number(mp_obj_t value) {
    if (!mp_obj_is_small_int(value)) {
        if (!binding_is_integer(value)) {
            refuse(MP_ERROR_TEXT("int expected"));
        }
        return value == mp_const_true ? 1 : value == mp_const_false ? 0 : -1;
    }
    const mp_int_t number = MP_OBJ_SMALL_INT_VALUE(value);
    return number == (mp_int_t)(int32_t)number ? (int)number : -1;
}

bool binding_is_bytes(mp_obj_t value, mp_buffer_info_t *buffer) {
    return mp_obj_get_type(value) != &mp_type_str && mp_get_buffer(value, buffer, MP_BUFFER_READ);
}

void binding_get_bytes(mp_obj_t value, mp_buffer_info_t *buffer) {
    if (!binding_is_bytes(value, buffer)) {
        refuse(MP_ERROR_TEXT("buffer expected"));
    }
}

static void convert(char kind, mp_obj_t value, void *target) {
    if (kind == 'i') {
        *(int *)target = binding_get_number(value);
    } else if (kind == 'p') {
        *(int *)target = binding_get_number(value) != 0;
    } else if (kind == 'o') {
        *(mp_obj_t *)target = value;
    } else if (kind == 'K') {
        *(void **)target = binding_cast(value, binding_keystore_make_new);
#if PC_WITH_DUKPT
    } else if (kind == 'D') {
        *(void **)target = binding_cast(value, binding_dukpt_make_new);
#endif
    } else if (kind == 't') {
        mp_get_buffer_raise(value, target, MP_BUFFER_READ);
    } else if (kind != 'z' || value != mp_const_none) {
        binding_get_bytes(value, target);
    }
}

void binding_unpack(size_t n_args, const mp_obj_t *args, mp_map_t *kw_args, const char *spec, ...) {
    mp_arg_t allowed[OPTIONAL_MAX];
    mp_arg_val_t given[OPTIONAL_MAX];
    void *targets[OPTIONAL_MAX];
    size_t count = 0;
    va_list more;
    va_start(more, spec);
    for (; *spec && *spec != '|'; spec++, n_args--, args++) {
        if (n_args == 0) {
            refuse(MP_ERROR_TEXT("argument missing"));
        }
        convert(*spec, *args, va_arg(more, void *));
    }
    if (*spec) {
        spec++;
    }
    for (; spec[count]; count++) {
        allowed[count].qst = (uint16_t)va_arg(more, unsigned);
        allowed[count].flags = MP_ARG_OBJ;
        allowed[count].defval.u_obj = MP_OBJ_NULL;
        targets[count] = va_arg(more, void *);
    }
    va_end(more);
    mp_arg_parse_all(n_args, args, kw_args, count, allowed, given);
    for (size_t i = 0; i < count; i++) {
        if (given[i].u_obj != MP_OBJ_NULL) {
            convert(spec[i], given[i].u_obj, targets[i]);
        }
    }
}

#if PC_WITH_FORMATS || PC_WITH_SIV
/* --- the guarded call ----------------------------------------------------------------------------------------- */

/* What is needed after a jump is volatile: the compiler does not know that a function may return twice. */
mp_obj_t binding_call_wiping(mp_obj_t function, mp_obj_t argument, mp_obj_t secret) {
    const volatile mp_obj_t kept = secret;
    mp_obj_t raised;
#if MICROPY_ENABLE_DYNRUNTIME
    /* the interpreter's nlr_buf_t: two pointers, then what it saves, by itself or with setjmp */
    struct {
        void *previous;
        void *raised;
        void *registers[JUMP_WORDS];
    } frame;
    unsigned jumped = mp_fun_table.nlr_push((nlr_buf_t *)&frame);
    if (mp_fun_table.setjmp_) {
        jumped = (unsigned)((int (*)(void *))mp_fun_table.setjmp_)(frame.registers);
    }
    if (!jumped) {
        mp_obj_t result = mp_call_function_n_kw(function, 1, 0, &argument);
        mp_fun_table.nlr_pop();
        return result;
    }
    raised = MP_OBJ_FROM_PTR(frame.raised);
#else
    nlr_buf_t frame;
    if (nlr_push(&frame) == 0) {
        mp_obj_t result = mp_call_function_n_kw(function, 1, 0, &argument);
        nlr_pop();
        return result;
    }
    raised = MP_OBJ_FROM_PTR(frame.ret_val);
#endif
    mp_buffer_info_t buffer;
    if (mp_get_buffer(kept, &buffer, MP_BUFFER_RW)) {
        pc_memory_wipe(buffer.buf, buffer.len);
    }
    nlr_raise(raised);
}
#endif
