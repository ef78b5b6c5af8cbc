# Every target sets up what it needs. `make lab` and `make test` are all that a newcomer has to know.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# A workspace of the user's own would pull in other modules; the plugin and the binary are the project's.
export GOWORK := off
export GOMLX_NO_AUTO_INSTALL := 1
export PJRT_PLUGIN_LIBRARY_PATH ?= $(CURDIR)/.venv/lib/pjrt

FUZZTIME ?= 20s
COUNT ?= 6
PACKAGES ?= ./...

.PHONY: help
help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14
	@echo
	@echo 'make lab LAB_ARGS=--no-browser prints the address; BACKEND=cuda make lab takes the GPU.'

.PHONY: lab
lab: ## sets up and opens JupyterLab on the first notebook
	@tools/lab.sh $(LAB_ARGS)

.PHONY: setup
setup: ## what make lab does before it opens the lab, and completion
	@tools/setup.sh lab
	@tools/setup.sh gopls

.PHONY: test
test: ## sets up; vet, all tests, every notebook headless, the browser test
	@tools/test.sh

.PHONY: check
check: fmt lint test ## fmt + lint + test: before each commit

.PHONY: fmt
fmt: ## formats code and imports
	@tools/setup.sh lab
	@.venv/bin/goimports -local github.com/primewindow/primewindow -w $$(git ls-files --cached --others --exclude-standard '*.go')

.PHONY: lint
lint: ## golangci-lint with .golangci.yml
	@tools/setup.sh lint
	@.venv/bin/golangci-lint run $(PACKAGES)

.PHONY: race
race: ## all tests under the race detector
	@tools/setup.sh lab
	@.venv/bin/python tools/gotest.py -race -timeout=30m $(PACKAGES)

.PHONY: golden
golden: ## draws the golden pictures of viz anew: look at each before you commit it
	@go test ./viz -regen
	@git status --short -- viz/testdata

.PHONY: fuzz
fuzz: ## every fuzz test for FUZZTIME (20s)
	@tools/fuzz.sh $(FUZZTIME) $(PACKAGES)

.PHONY: bench
bench: ## benchmarks here and at commit REF, compared; COUNT runs each (6)
	@tools/bench.sh '$(REF)' '$(COUNT)' '$(PACKAGES)'

.PHONY: bench-probes
bench-probes: ## a step with and without the exact trace beside PyTorch, Opacus, BackPACK and JAX; PROBES_ARGS
	@tools/setup.sh lab
	@.venv/bin/python bench/probes/probes.py $(PROBES_ARGS)

.PHONY: check-cuda
check-cuda: ## every graph compiled for a GPU that is described and not there; CUDA_ARGS
	@tools/setup.sh lab
	@.venv/bin/python bench/cuda/check_cuda.py $(CUDA_ARGS)

.PHONY: notebooks
notebooks: ## executes every notebook in full and keeps its outputs
	@tools/setup.sh lab
	@.venv/bin/python tools/notebooks.py --keep

.PHONY: verify
verify: ## trains one run of a committed record, drawn by the day or PICK, again and compares
	@tools/setup.sh lab
	@.venv/bin/primewindow reproduce -verify notebooks/results/reproduce $(if $(PICK),-pick '$(PICK)')

.PHONY: vuln
vuln: ## known vulnerabilities in what is linked; needs the network
	@tools/setup.sh lint
	@.venv/bin/govulncheck ./...

.PHONY: docker
docker: ## builds the image primewindow
	docker build --tag primewindow .
