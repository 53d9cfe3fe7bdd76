# `make demo` and `make test` need Python 3.11 to 3.13 and nothing else: they make .venv and install the pinned set.

PYTHON ?= python3
BIN := .venv/bin
PIP := .venv/bin/python -m pip install --quiet --disable-pip-version-check
CORES ?= $(shell $(PYTHON) -c "import os; print(os.cpu_count())")
BUNDLE ?= demo_bundle
export OMP_NUM_THREADS ?= 1

.PHONY: help install demo app docs test base bench peers check audit format clean

help:
	@echo "make demo     install, run the whole pipeline on the phantom, print the path of its report"
	@echo "make app      install and look at images with the demo's bundle, or BUNDLE=..., in the browser"
	@echo "make docs     install and build the documentation: work_dirs/site/index.html"
	@echo "make test     install and run the tests"
	@echo "make base     install without extras, in an environment of its own, and try what works without PyTorch"
	@echo "make bench    install and measure every stage beside its peers; docs/performance.md"
	@echo "make peers    put the packages that make bench compares with into .peers"
	@echo "make check    install and run ruff, mypy and codespell"
	@echo "make audit    look the pinned packages up in the database of known holes (needs the network)"
	@echo "make format   let ruff rewrite the files"
	@echo "make clean    remove the outputs of the demo"

install: .venv/installed

.venv/installed: setup.py constraints.txt
	@$(PYTHON) -c "import sys; sys.exit(0 if (3, 11) <= sys.version_info < (3, 14) else 'Python 3.11, 3.12 or 3.13 is needed: make PYTHON=python3.12 ...')"
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing the pinned packages into .venv; this takes some minutes and gigabytes (PyTorch)."
	$(PIP) --constraint constraints.txt --editable ".[all,slurm,docs,test,dev]"
	@# mmcv and imaug bring opencv-python, which needs libGL; the headless build gets the last word.
	$(PIP) --constraint constraints.txt --force-reinstall --no-deps opencv-python-headless
	@# yapf, which prints configs, fills its cache at the first import; two processes at once would read half of it.
	$(BIN)/python -c "import yapf"
	@touch $@
	@echo "Installed into .venv. For the commands of the documents: source .venv/bin/activate"

demo: install
	PATH="$(CURDIR)/$(BIN):$$PATH" snakemake --cores $(CORES) --configfile configs/workflow/demo.yaml --quiet reason host
	@echo
	@echo "report: work_dirs/demo/report/index.html"
	@echo "Hand the detector on, and let it look at other images (IMAGES: files or folders, DICOM too):"
	@echo "  $(BIN)/python tools/bundle.py work_dirs/demo --out demo_bundle"
	@echo "  $(BIN)/python tools/predict.py demo_bundle IMAGES --out found --fp-per-image 1"
	@echo '  $(BIN)/python -m webbrowser "file://$$PWD/$$(find found -name "*_overlay.png" | head -1)"'

test: install
	$(BIN)/python -m pytest -n $(CORES) --dist loadfile --no-loadscope-reorder

app: install
	@test -e $(BUNDLE) || (test -d work_dirs/demo/report && $(BIN)/python tools/bundle.py work_dirs/demo --out $(BUNDLE)) || \
		(echo "no $(BUNDLE): run make demo first, or name a bundle: make app BUNDLE=my_bundle.zip"; exit 2)
	$(BIN)/python tools/app.py $(BUNDLE)

docs: install
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet
	@echo "work_dirs/site/index.html (with search: $(BIN)/mkdocs serve)"

base:
	PYTHON=$(PYTHON) bash tests/base_install.sh

bench: install peers
	$(BIN)/python -m benchmarks.bench

peers: .peers/installed

.peers/installed: .venv/installed
	$(PIP) --no-deps --target .peers monai picai_eval coco-froc-analysis grand-challenge-metrics SimpleITK \
		grad-cam torchcam ttach scikit-learn joblib threadpoolctl narwhals cloudpickle
	@touch $@

check: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/codespell

audit:
	test -x .venv-audit/bin/pip-audit || ($(PYTHON) -m venv .venv-audit && .venv-audit/bin/python -m pip install --quiet pip-audit)
	.venv-audit/bin/pip-audit --requirement constraints.txt --no-deps --disable-pip

format: install
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf work_dirs/demo datasets/demo datasets/phantom
