# paycrypt as a user module of a port built by make:
#   make -C <MicroPython>/ports/<port> USER_C_MODULES=<posterm>/lib/paycrypt [PAYCRYPT_SET=unionpay]
PAYCRYPT_BINDING := $(USERMOD_DIR)
PAYCRYPT_CORE := $(abspath $(PAYCRYPT_BINDING)/../core)
PAYCRYPT_SET ?= full

# core/config.h says what a set leaves out
PAYCRYPT_FLAGS_full :=
PAYCRYPT_FLAGS_unionpay := -DPC_SET_UNIONPAY
ifeq ($(origin PAYCRYPT_FLAGS_$(PAYCRYPT_SET)),undefined)
$(error PAYCRYPT_SET is full or unionpay, not $(PAYCRYPT_SET))
endif

SRC_USERMOD_C += $(sort $(wildcard $(PAYCRYPT_BINDING)/*.c))
SRC_USERMOD_LIB_C += $(sort $(wildcard $(PAYCRYPT_CORE)/*.c))
CFLAGS_USERMOD += -I$(PAYCRYPT_BINDING) -I$(PAYCRYPT_CORE) $(PAYCRYPT_FLAGS_$(PAYCRYPT_SET))
