/* For the native module on RISC-V, included before everything else.
 *
 * A call of a function in another file is auipc and jalr, eight bytes, until a linker relaxes it to four or two; the
 * linker of native modules does not. But the whole module is one piece of code: a jump within a megabyte reaches all of
 * it. What is hidden lies in that piece.
 *
 * Two tables do not, the interpreter puts them elsewhere: declared first and not hidden, they are still reached through
 * the module's table of addresses. */
struct _mp_fun_table_t;
extern const struct _mp_fun_table_t mp_fun_table __attribute__((visibility("default")));
extern const unsigned short mp_native_qstr_table[] __attribute__((visibility("default")));

#pragma GCC visibility push(hidden)

__asm__(
    ".macro call first second\n"
    ".ifb \\second\n"
    "jal \\first\n"
    ".else\n"
    "jal \\first, \\second\n"
    ".endif\n"
    ".endm\n"
    ".macro tail target\n"
    "j \\target\n"
    ".endm\n");
