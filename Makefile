# posterm: `make help` lists the targets
PYTHON ?= python3
BOARD ?= UNIX
CI ?=

BUILD := $(CURDIR)/build
VENV := $(BUILD)/venv
BIN := $(VENV)/bin
SOURCE := $(BUILD)/micropython
NATMOD := $(BUILD)/natmod/x64/paycrypt.mpy
BINDING_SOURCES := $(shell find lib/paycrypt -name '*.[ch]' -o -path '*cpython*' -name '*.py' -o -path '*cpython*' -name '*.toml')
NATMOD_SOURCES := $(shell find lib/paycrypt/core lib/paycrypt/micropython -type f)

.DEFAULT_GOAL := help
.PHONY: help demo test test-host test-target test-e2e check format firmware natmod micropython pictures clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z][a-z0-9-]*:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(BUILD)/.build-ready $(NATMOD) $(BUILD)/.interpreter ## the main job: sign-in, sales, slip, notices, a reversal, on simulated devices
	@echo "[5/5] firmware and demo"
	@$(BIN)/posterm demo

test: ## set up everything and run every test tier this machine can run (CI=true: a skipped tier fails)
	@CI="$(CI)" sh tools/setup/tiers.sh "$(PYTHON)" "$(MAKE)"

test-host: $(BUILD)/.test-ready ## host tier: logic and the whole terminal under CPython, with coverage
	$(BIN)/pytest tests/host --cov --cov-report=term:skip-covered

test-target: $(BUILD)/.test-ready $(NATMOD) $(BUILD)/.interpreter ## target tier: the same scripts on CPython and MicroPython
	$(BIN)/pytest tests/target

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

micropython: $(BUILD)/.build-ready $(SOURCE)/py/dynruntime.mk ## build the unix interpreter from source (where PyPI has none for this platform)
	@sh tools/setup/micropython-unix.sh "$(SOURCE)" "$(BUILD)/unix" "$(BIN)"

pictures: demo ## take the pictures of the README from a fresh demo
	@mkdir -p docs/pictures
	@cp $(BUILD)/demo/lcd-approved.png $(BUILD)/demo/slip-merchant.png docs/pictures/

clean: ## remove build/
	rm -rf build

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

$(NATMOD): $(NATMOD_SOURCES) $(SOURCE)/py/dynruntime.mk $(BUILD)/.build-ready
	@echo "[4/5] C module paycrypt"
	@sh tools/setup/natmod.sh x64 "$(SOURCE)" "$(BUILD)/natmod" "$(BIN)"

$(BUILD)/.interpreter: $(BUILD)/.build-ready
	@[ -x $(BIN)/micropython ] || $(MAKE) --no-print-directory micropython
	@touch $@
