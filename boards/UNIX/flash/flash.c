// The board's "flash": the firmware image lies in this module's code, outside the garbage-collected heap, and is
// executed in place, as frozen code or a ROMFS partition is on a chip.
//
//     flash.image()  -> bytearray over the ROMFS image (read only; the memory is the module's own)

#include "py/dynruntime.h"

extern const unsigned char posterm_image[];
extern const unsigned char posterm_image_end[];

static mp_obj_t image(void) {
    return mp_obj_new_bytearray_by_ref((size_t)(posterm_image_end - posterm_image), (void *)posterm_image);
}
static MP_DEFINE_CONST_FUN_OBJ_0(image_obj, image);

mp_obj_t mpy_init(mp_obj_fun_bc_t *self, size_t n_args, size_t n_kw, mp_obj_t *args) {
    MP_DYNRUNTIME_INIT_ENTRY
    mp_store_global(MP_QSTR_image, MP_OBJ_FROM_PTR(&image_obj));
    MP_DYNRUNTIME_INIT_EXIT
}
