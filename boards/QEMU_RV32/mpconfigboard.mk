# MicroPython's ports/qemu on QEMU's machine "virt", 32-bit RISC-V.
#   make -C <MicroPython>/ports/qemu BOARD=QEMU_RV32 BOARD_DIR=<this folder> BUILD=<folder> MICROPY_MPYCROSS=<mpy-cross>
QEMU_ARCH = riscv32
QEMU_MACHINE = virt

# gcc looks its libraries up by this name, and Debian's has none for rv32imac_zicsr. In version 2.2 of the instruction
# set the CSR instructions belong to the base, so that the plain name compiles and links.
RV32_ARCH = rv32imac
AFLAGS += -misa-spec=2.2
LIBS = $(shell $(CC) -march=$(RV32_ARCH) -mabi=$(RV32_ABI) -print-libgcc-file-name)

CFLAGS += -DQEMU_SOC_VIRT -DMICROPY_HW_MCU_NAME='"$(RV32_ARCH)"'
CFLAGS += -DMP_CONFIGFILE='<$(BOARD_DIR)/mpconfigboard.h>'

LDSCRIPT = mcu/rv32/virt.ld
SRC_BOARD_O += shared/runtime/gchelper_native.o shared/runtime/gchelper_rv32i.o
SRC_C += $(BOARD_DIR)/clock.c

# as much as an ESP32-C3 leaves to Python
MICROPY_HEAP_SIZE = 143360
MICROPY_VFS_LFS2 = 1

FROZEN_MANIFEST = $(BOARD_DIR)/manifest.py
# nothing of micropython-lib is used, but the build looks for a README.md there
MPY_LIB_DIR = $(BOARD_DIR)
MPY_CROSS_FLAGS += -march=rv32imc
