# The address book of the project: `make` lists what there is.
.DEFAULT_GOAL := help
.PHONY: help setup lab test test-colab test-browser run calibrate slides site gallery gauge play timings badges bench mutants lock zip clean

LOCKED ?= 1
PRE ?= 0
python := .venv/bin/python
# What is typed after a command reaches the shell as text, in the environment: recipes say "$$NB", never $(NB).
typed := LOCKED PRE PYTHON PROFILE NB LESSON REPO ARGS FILE
$(foreach name,$(typed),$(eval override $(name) := $$(value $(name))))
export $(typed)

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' Makefile
	@echo "  PYTHON=/path/to/python3.12 names the Python of the first set-up; LOCKED=0 takes the newest versions,"
	@echo "  LOCKED=0 PRE=1 pre-releases too"

on_each_backend := $(addprefix tests/test_,policies_in_graph.py restarts.py restarts_libraries.py \
	restarts_arguments.py schedules.py schedules_saved.py schedules_policy.py callbacks.py callbacks_warnings.py \
	callback_checks.py history.py differential.py snapshots.py range_test_run.py range_test_run_data.py \
	range_test_checks.py range_test_validation.py range_test_untouched.py range_test_untouched_seeds.py \
	range_test_untouched_states.py range_test_training.py range_test_batches.py range_test_recorder.py two_devices.py \
	residual.py keras_internals.py devices.py optimizers.py schedule_free.py)

setup: ## make .venv with the locked dependencies (the others do it when needed)
	@sh tools/setup.sh

lab: setup ## open JupyterLab at the first notebook   [ARGS="--port 9000"]
	@set -f; sh tools/lab.sh $$ARGS

test: setup ## everything that CI runs on a push: linter, spelling, tests, every notebook
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/codespell
	.venv/bin/pytest --nbval
	KERAS_BACKEND=jax .venv/bin/pytest $(on_each_backend)
	@if $(python) -c "import torch" 2>/dev/null; then KERAS_BACKEND=torch .venv/bin/pytest $(on_each_backend); \
	else echo "The tests on PyTorch are skipped: it is not installed (.venv/bin/pip install torch)"; fi

test-colab: setup ## run every notebook as Colab would, with Colab's versions (Python 3.13, git, network)   [NB=04]
	.venv/bin/pytest -n 0 tests/colab

test-browser: setup ## JupyterLab, the site, the slides and the page to play with, in headless Chromium or Chrome
	.venv/bin/pytest -n 0 tests/browser

run: setup ## execute notebooks in place   [NB=04] [PROFILE=paper]
	@set -f; $(python) tools/run_notebooks.py $${PROFILE:+--profile "$$PROFILE"} -- $$NB

calibrate: setup ## run a notebook with 20 seeds and record its verdicts' margins   NB=01
	@set -f; $(python) tools/calibrate.py -- $$NB

slides: setup ## the notebooks as slides for the projector, offline, into build/slides   [NB=04] [LESSON=45]
	@set -f; $(python) tools/build_slides.py $${LESSON:+--lesson "$$LESSON"} -- $$NB

site: setup ## the whole collection as a static site, offline, into build/site
	@$(python) tools/build_site.py

gallery: setup ## take the pictures of README.md and the site out of the notebooks, into docs/gallery
	@$(python) tools/gallery.py

gauge: setup ## how long the notebooks are to read: words, cells, open and folded code   [NB=04]
	@set -f; $(python) tools/gauge.py -- $$NB

play: setup ## write the numbers of the page to play with, docs/play/numbers.js
	@$(python) tools/play.py

timings: setup ## measure the notebooks section by section, for notebooks/TEACHING.md   [NB=04]
	@set -f; $(python) tools/timings.py -- $$NB

badges: setup ## write the project's public address into README.md and every notebook   [REPO=owner/name]
	@$(python) tools/badges.py -- "$$REPO"

bench: setup ## measure the cost per update, of a range test, a grid's throughput, and start-up times, into build/bench.json
	@mkdir -p build
	$(python) tools/bench.py

mutants: setup ## do the tests notice faults? tries those of tests/mutants.toml, some seconds each   [FILE=clr_utils/policies.py]
	@$(python) tools/mutants.py -- "$$FILE"

lock: setup ## bring requirements.lock to the newest versions (needs the network)
	$(python) -m venv --clear build/uv
	build/uv/bin/python -m pip install --quiet uv
	build/uv/bin/uv pip compile --universal --python-version 3.11 --upgrade --generate-hashes --no-header --quiet \
		--extra cpu --extra lab --extra test --extra site pyproject.toml --output-file requirements.lock

zip: ## pack the last commit for Colab, into build/clr-notebooks.zip
	@mkdir -p build
	git archive --format=zip --prefix=clr-notebooks/ --output=build/clr-notebooks.zip HEAD

clean: ## remove build/ and caches; .venv stays (rm -r .venv removes it)
	rm -rf build .pytest_cache .ruff_cache .hypothesis
	find . -name .venv -prune -o \( -name __pycache__ -o -name .ipynb_checkpoints \) -prune -exec rm -rf {} +
