# SignGate. `make demo` and `make test` do all set-up; `make help` lists the rest.
SHELL := /bin/bash
PYTHON ?= $(or $(shell command -v python3.11),python3)
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
DEBS := orthanc orthanc-dicomweb dcmtk dicom3tools chromium fonts-noto-cjk postgresql poppler-utils default-jdk-headless:javac

.PHONY: help demo test soak fuzz lint audit system clean accuracy
.DEFAULT_GOAL := help

help: ## what can be made
	@grep -hE '^[a-z][a-z-]*:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(STAMP): setup.cfg pyproject.toml constraints.txt
	test -x $(BIN)/pip || tools/make-venv $(PYTHON) $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test]'
	touch $(STAMP)

system: ## Debian packages for the tests, where apt-get is permitted
	@tools/install-system-packages $(DEBS)

demo: $(STAMP) ## the whole product on this machine: simulated RIS, embedded PACS
	$(BIN)/signgate demo

test: $(STAMP) system ## all tests
	$(BIN)/python -m pytest $(PYTEST_ARGS)

fuzz: $(STAMP) ## hunt for messages that break the HL7 door (FUZZ_SECONDS=600)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[fuzz]' || echo 'atheris is not to be had here: mutating blindly'
	$(BIN)/python tests/fuzz/frame_to_ack.py --seconds $${FUZZ_SECONDS:-600}

soak: $(STAMP) ## memory of the HL7 door over many messages (SOAK_MESSAGES=60000)
	$(BIN)/signgate bench hl7 --soak $${SOAK_MESSAGES:-60000}

accuracy: $(STAMP) ## precision and recall of the main report rules on labelled reports
	$(BIN)/python tools/accuracy.py

lint: $(STAMP) ## style, types, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

audit: $(STAMP) ## every package that we run on: as pinned, complete, unharmed, free to ship
	$(BIN)/python tools/audit-dependencies

clean: ## remove what was built
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache
