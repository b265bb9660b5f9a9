# The commands of the project; each is a line that calls a Python program, which prints what it does and how
# long it took. A second run with nothing changed costs next to nothing.

PYTHON ?= python3
RUN := .venv/bin/python
PORT ?= 8000
MACHINE ?= $(shell nproc)-core
BUILD_OPTIONS ?=
LOCK_OPTIONS ?=

.PHONY: help serve demo docs npm test bench quality clean build bootstrap audit lock

help:  ## show this
	@echo "make serve   build the site and serve it              [MODELS=u2netp,isnet] [PORT=8000]"
	@echo "make demo    cut out one photo in headless Chromium   [PHOTO=in.jpg] [OUT=cutout.png] [MODEL=u2netp] [DEVICE=auto|webgpu|wasm]"
	@echo "make docs    build the documentation into dist/docs   [SITE=https://address/of/the/site/]"
	@echo "make test    run every check and test, browser included"
	@echo "make bench   measure this machine and write README's tables [MACHINE=name] [MODELS=u2netp,isnet] [BROWSER=command]"
	@echo "make quality measure cutouts on photos with ground truth  DATA=folder [MODELS=...] [MAPS=folder] [MACHINE=name]"
	@echo "make npm     build the site and the npm package, dist/npm"
	@echo "make audit   ask for known vulnerabilities of all parts, where their services can be reached"
	@echo "make lock    write anew which packages .venv gets, by hash [LOCK_OPTIONS=--upgrade]"
	@echo "make clean   remove what was built; downloads stay in the cache"

bootstrap:
	@$(PYTHON) tools/bootstrap.py

build: bootstrap
	@$(RUN) build_site.py $(if $(MODELS),--models "$(MODELS)") $(BUILD_OPTIONS)

serve: build
	@$(RUN) -m tools.serve --port $(PORT)

demo: build
	@$(RUN) -m tools.demo $(if $(PHOTO),--photo "$(PHOTO)") $(if $(OUT),--out "$(OUT)") $(if $(MODEL),--model "$(MODEL)") $(if $(DEVICE),--device "$(DEVICE)")

docs: bootstrap
	@$(RUN) -m tools.docs $(if $(SITE),--site "$(SITE)")

test: bootstrap
	@$(RUN) -m tools.check

# The peer is run on the same photo, so that the tables can say how both compare.
BENCH_MODELS = u2netp,isnet
MEASURE = --machine "$(MACHINE)" --models "$(or $(MODELS),$(BENCH_MODELS))" --peer $(if $(BROWSER),--browser "$(BROWSER)")

bench: build
	@$(RUN) -m bench.peer
	@$(RUN) -m bench.inference $(MEASURE)
	@$(RUN) -m bench.main_job $(MEASURE)
	@$(RUN) -m bench.pixels --machine "$(MACHINE)" --models u2netp $(if $(BROWSER),--browser "$(BROWSER)")
	@$(RUN) -m bench.readme

quality: bootstrap
	@$(RUN) -m bench.quality --data "$(or $(DATA),$(error make quality needs DATA=folder of the sets))" --machine "$(MACHINE)" $(if $(MODELS),--models "$(MODELS)") $(if $(MAPS),--maps "$(MAPS)")
	@$(RUN) -m bench.readme

npm: bootstrap
	@$(RUN) build_site.py --npm $(if $(MODELS),--models "$(MODELS)") $(BUILD_OPTIONS)

# Both need programs of their own, which the extra audit names.
audit:
	@$(PYTHON) tools/bootstrap.py dev,audit
	@$(RUN) -m tools.audit

lock:
	@$(PYTHON) tools/bootstrap.py dev,audit
	@$(RUN) -m tools.lock $(LOCK_OPTIONS)

clean:
	rm -rf dist .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis test-results
