# posterm: `make help` lists the targets
PYTHON ?= python3
BOARD ?= UNIX
SET ?= full
CI ?=

BUILD := $(CURDIR)/build
VENV := $(BUILD)/venv
BIN := $(VENV)/bin
SOURCE := $(BUILD)/micropython
NATMOD := $(BUILD)/natmod/x64/paycrypt.mpy
VM := $(BUILD)/vm
XTENSA := $(BUILD)/xtensa
DIST := $(CURDIR)/dist
BINDING_SOURCES := $(shell find lib/paycrypt -name '*.[ch]' -o -path '*cpython*' -name '*.py' -o -path '*cpython*' -name '*.toml')
NATMOD_SOURCES := $(shell find lib/paycrypt/core lib/paycrypt/micropython -type f)

# paycrypt.mpy per architecture: unix, ESP32-C3 and its relatives, ESP32 with S2 and S3
ARCHITECTURES := x64 rv32imc xtensawin
NATMODS := $(BUILD)/natmod$(if $(filter-out full,$(SET)),-$(SET))
# Espressif's compiler where it is installed, else one made of Debian's packages
XTENSA_CROSS := $(if $(shell command -v xtensa-esp32-elf-gcc),xtensa-esp32-elf-,$(XTENSA)/bin/xtensa-esp32-elf-)
MACHINES := $(patsubst %,$(VM)/%/firmware.elf,rv32 rv32-usermod xtensa)
TARGET_READY := $(BUILD)/.test-ready $(NATMOD) $(BUILD)/.interpreter

.DEFAULT_GOAL := help
.PHONY: help demo test test-host test-target test-emulated test-e2e check format firmware natmod natmods release-natmods \
	machines packages bench-crypto bench-sms soak-sms fuzz fuzz-sms micropython pictures clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z][a-z0-9-]*:.*## / { printf "make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(BUILD)/.build-ready $(NATMOD) $(BUILD)/.interpreter ## the main job: sign-in, sales, slip, notices, a reversal, on simulated devices
	@echo "[5/5] firmware and demo"
	@$(BIN)/posterm demo

test: ## set up everything and run every test tier this machine can run (CI=true: a skipped tier fails)
	@CI="$(CI)" sh tools/setup/tiers.sh "$(PYTHON)" "$(MAKE)"

test-host: $(BUILD)/.test-ready ## host tier: logic and the whole terminal under CPython, with coverage
	$(BIN)/pytest tests/host --cov --cov-report=term:skip-covered

test-target: $(TARGET_READY) $(BUILD)/natmod-unionpay/x64/paycrypt.mpy ## target tier: the same scripts on CPython and MicroPython
	$(BIN)/pytest tests/target -m 'not emulated'

EMULATED_NATMODS := $(foreach set,natmod natmod-unionpay,$(ARCHITECTURES:%=$(BUILD)/$(set)/%/paycrypt.mpy))
test-emulated: $(TARGET_READY) $(EMULATED_NATMODS) $(MACHINES) ## emulated tier: these scripts on RISC-V and Xtensa cores like the ESP32's
	$(BIN)/pytest tests/target -m emulated

test-e2e: $(BUILD)/.test-ready $(NATMOD) $(BUILD)/.interpreter ## e2e tier: the firmware in MicroPython against simulated devices
	$(BIN)/pytest tests/e2e

check: $(BUILD)/.test-ready $(BUILD)/.typings ## formatter, linter, type checker
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/mypy --config-file tools/setup/mypy-device.ini

format: $(BUILD)/.test-ready ## rewrite the sources in the project's format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

firmware: $(BUILD)/.build-ready $(NATMOD) $(BUILD)/.interpreter ## compile the firmware for BOARD (default UNIX) into build/board/BOARD
	@$(BIN)/posterm build --board "$(BOARD)"

natmod: $(NATMOD) ## build the C module paycrypt as a native module for the unix interpreter

natmods: $(ARCHITECTURES:%=$(NATMODS)/%/paycrypt.mpy) ## build paycrypt for unix, ESP32-C3 and ESP32 (SET=unionpay: the small one)

release-natmods: $(ARCHITECTURES:%=$(BUILD)/natmod/%/paycrypt.mpy) ## leave paycrypt for every architecture in dist/natmods, ready to give away
	@sh tools/setup/release-natmods.sh "$(BUILD)/natmod" "$(DIST)/natmods" $(ARCHITECTURES)

machines: $(MACHINES) ## build MicroPython for the emulated boards

packages: ## install the Debian packages that only tests and benchmarks need (as root, or with sudo)
	@PYTHON="$(PYTHON)" sh tools/setup/packages.sh install host machines bench

bench-crypto: $(BUILD)/.test-ready ## what the cryptography costs, beside BearSSL and psec
	@$(BIN)/python tests/bench/crypto.py

bench-sms: $(TARGET_READY) $(VM)/rv32/firmware.elf ## what the SMS codec, the AT parser and a notice cost, beside python-gsmmodem-new
	@$(BIN)/python tests/bench/sms.py

soak-sms: $(TARGET_READY) ## 1,000 transactions over seven simulated days with random faults (SOAK="1000 7 2": transactions, days, seed)
	@$(BIN)/python tests/soak/run.py $(SOAK)

fuzz: $(BUILD)/.test-ready ## search the C module for faults, about five minutes (FUZZ="--seconds 600 --cases 200000" for longer)
	@$(BIN)/python tests/fuzz/run.py $(FUZZ)

fuzz-sms: $(BUILD)/.test-ready ## search the parsers of SMS and modem for faults (FUZZ="--seconds 600" for longer)
	@$(BIN)/python tests/fuzz/parsers.py $(FUZZ)

micropython: $(BUILD)/.build-ready $(SOURCE)/py/dynruntime.mk ## build the unix interpreter from source (where PyPI has none for this platform)
	@sh tools/setup/micropython-unix.sh "$(SOURCE)" "$(BUILD)/unix" "$(BIN)"

pictures: demo ## take the pictures of the README from a fresh demo
	@mkdir -p docs/pictures
	@cp $(BUILD)/demo/lcd-approved.png $(BUILD)/demo/lcd-doctor.png $(BUILD)/demo/slip-merchant.png docs/pictures/

clean: ## remove build/ and dist/
	rm -rf build dist

$(BUILD)/.venv:
	@sh tools/setup/prerequisites.sh "$(PYTHON)"
	@echo "[1/5] virtual environment in build/venv"
	@mkdir -p $(BUILD)
	@$(PYTHON) -m venv --clear $(VENV)
	@touch $@

$(BUILD)/.build-ready: $(BUILD)/.venv pyproject.toml
	@echo "[2/5] PyPI packages"
	@$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[build]'
	@touch $@

$(BUILD)/.test-ready: $(BUILD)/.build-ready $(BINDING_SOURCES)
	@echo "[+] PyPI packages for the tests, the C module's CPython binding"
	@$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[build,test]'
	@$(BIN)/pip install --quiet --disable-pip-version-check --force-reinstall --no-deps lib/paycrypt/cpython
	@touch $@

# beside the environment, not in it: the stubs stand in for the standard library of the device
$(BUILD)/.typings: $(BUILD)/.venv
	@$(BIN)/pip install --quiet --disable-pip-version-check --target $(BUILD)/typings --upgrade 'micropython-esp32-stubs>=1.25,<1.30'
	@touch $@

$(SOURCE)/py/dynruntime.mk:
	@echo "[3/5] MicroPython source"
	@sh tools/setup/micropython-source.sh "$(SOURCE)" "$(PYTHON)"

NATMOD_INPUTS := $(BUILD)/.build-ready $(NATMOD_SOURCES) tools/setup/natmod.sh $(SOURCE)/py/dynruntime.mk

$(BUILD)/natmod/%/paycrypt.mpy: $(NATMOD_INPUTS)
	@echo "[4/5] C module paycrypt for $*"
	@sh tools/setup/natmod.sh $* full "$(SOURCE)" "$(BUILD)/natmod" "$(BIN)" $(if $(filter xtensawin,$*),$(XTENSA_CROSS))

$(BUILD)/natmod-unionpay/%/paycrypt.mpy: $(NATMOD_INPUTS)
	@echo "[4/5] C module paycrypt for $*, small"
	@sh tools/setup/natmod.sh $* unionpay "$(SOURCE)" "$(BUILD)/natmod-unionpay" "$(BIN)" $(if $(filter xtensawin,$*),$(XTENSA_CROSS))

$(BUILD)/natmod/xtensawin/paycrypt.mpy $(BUILD)/natmod-unionpay/xtensawin/paycrypt.mpy: $(filter $(XTENSA)/%,$(XTENSA_CROSS)gcc)

$(XTENSA)/bin/xtensa-esp32-elf-gcc: tools/setup/xtensa-toolchain.sh
	@echo "[+] compiler for the ESP32's code"
	@sh tools/setup/xtensa-toolchain.sh "$(XTENSA)"

$(XTENSA)/lib/libgcc.a: $(XTENSA)/bin/xtensa-esp32-elf-gcc tools/setup/xtensa-libgcc.sh
	@sh tools/setup/xtensa-libgcc.sh "$(XTENSA)"

MACHINE_INPUTS := $(BUILD)/.build-ready tools/setup/machine.sh $(SOURCE)/py/dynruntime.mk
$(VM)/rv32/firmware.elf: $(wildcard boards/QEMU_RV32/*) $(MACHINE_INPUTS)
$(VM)/rv32-usermod/firmware.elf: $(wildcard boards/QEMU_RV32/*) $(NATMOD_SOURCES) $(MACHINE_INPUTS)
$(VM)/xtensa/firmware.elf: $(wildcard boards/QEMU_XTENSA/*) $(XTENSA)/lib/libgcc.a $(MACHINE_INPUTS)

$(VM)/%/firmware.elf:
	@echo "[+] MicroPython for the emulated board $*"
	@sh tools/setup/machine.sh $* "$(SOURCE)" "$(VM)" "$(BIN)" "$(XTENSA)"

$(BUILD)/.interpreter: $(BUILD)/.build-ready
	@[ -x $(BIN)/micropython ] || $(MAKE) --no-print-directory micropython
	@touch $@
