# One screen of what can be done here. Needs Python 3.11 or newer, pip and make; everything else goes into .venv.
PYTHON ?= $(shell command -v python3.11 || command -v python3 || command -v python)
PY := .venv/bin/python
PIP := $(PY) -m pip --disable-pip-version-check install --quiet -c constraints.txt
JOBS ?= 2

.PHONY: help install demo test lint types notebooks bench maps docs pictures sample pins bundle clean
help:            ## this list
	@sed -n 's/^\([a-z]*\):[^#]*## /\1	/p' Makefile | expand -t 12
install: .venv/base ## make .venv and install reclaim with pinned versions
demo: .venv/base ## run the sample projects and say where the outputs are
	$(PY) -m reclaim.sample_projects -o out
test: .venv/dev  ## all tests and docstring examples
	$(PY) -m pytest -q -n $(JOBS) --dist loadfile
lint: .venv/dev  ## style
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
types: .venv/dev ## mypy --strict on src/
	$(PY) -m mypy
notebooks: .venv/dev ## run the notebooks from a clean kernel
	$(PY) -m pytest -q --nbmake --nbmake-timeout=300 -W ignore notebooks
bench: .venv/dev ## the speed table, opponents beside us in the same run
	$(PY) -m benchmarks
maps: .venv/base ## the samples' maps into maps/, with a page of thumbnails
	$(PY) -m reclaim.sample_projects --maps maps
docs: .venv/dev  ## the documentation site into site/, no network needed
	NO_MKDOCS_2_WARNING=1 $(PY) -m mkdocs build --strict --quiet
pictures: .venv/dev ## take the pictures of the documentation again (needs Chromium)
	$(PY) tools/take_pictures.py
sample: .venv/base ## build data/geo/chinalco-2019 again from its seed
	$(PY) -m reclaim.sample_projects.chinalco data/geo/chinalco-2019
pins: .venv/dev  ## write constraints.txt from what is installed
	$(PY) .ci/pins.py > constraints.txt
bundle: .venv/dev ## a folder that installs without a network: dist/bundle
	$(PY) .ci/bundle.py dist/bundle
clean:           ## remove what was made here
	rm -rf .venv out site dist build

# Python may come without ensurepip (Debian): then pip puts itself into the new environment
$(PY):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "reclaim needs Python 3.11 or newer; say which with: make PYTHON=..."; exit 1; }
	@$(PYTHON) -m venv .venv >/dev/null 2>&1 || { $(PYTHON) -m venv --clear --without-pip .venv && \
	  $(PYTHON) -m pip install --quiet --target "$$($(PY) -c 'import sysconfig; print(sysconfig.get_path("purelib"))')" pip; } || { rm -rf .venv; exit 1; }
.venv/base: $(PY) pyproject.toml constraints.txt
	$(PIP) hatchling editables
	$(PIP) --no-build-isolation -e '.[report]'
	@touch $@
.venv/dev: .venv/base
	$(PIP) --no-build-isolation -e '.[dev]'
	@touch $@
