#include <stddef.h>

#include "shared/runtime/interrupt_char.h"

void sim_exit(int status) __attribute__((noreturn));
