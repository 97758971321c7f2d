# Every target sets up what it needs. `make` alone lists them.
PYTHON ?= python3
PORT ?= 8000
RUN = PYTHONPATH=.:layers .venv/bin/python
SAM = SAM_CLI_TELEMETRY=0 .venv-sam/bin/sam
# On a terminal uv shows its progress, elsewhere only errors.
INSTALL = .venv/bin/uv pip install --no-deps --require-hashes $$(test -t 2 || echo --quiet)
export UV_PYTHON_DOWNLOADS = never
export TF_CPP_MIN_LOG_LEVEL ?= 2
ifdef MODELS_DIR
export MODELS_DIR
endif
# TensorFlow is installed for serving only where a model needs it.
ENGINE_OF_MODELS = $(if $(shell grep -ls '"engine": "tensorflow"' '$(or $(MODELS_DIR),model)'/*/metadata.json),.venv/tensorflow)

.PHONY: help serve test check format train evaluate export add-model build start-api invoke-scheduled bench attack screenshots deploy rehearse lock clean
.DEFAULT_GOAL := help

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

serve: .venv/runtime $(ENGINE_OF_MODELS) ## serve http://127.0.0.1:$PORT, without Docker (PORT=8000, MODELS_DIR=model)
	@echo "Serving http://127.0.0.1:$(PORT) - see http://127.0.0.1:$(PORT)/models and http://127.0.0.1:$(PORT)/docs"
	@PYTHONPATH=.:layers exec .venv/bin/python -m functions.api.server --port $(PORT)

test: .venv/dev .venv/train .venv-sam/sam .venv-clients/clients ## run the tests; those that need Docker only where it runs
	$(RUN) -m pytest

check: .venv/dev .venv/train .venv-sam/sam .venv-lint/lint ## lint, types, template; changes nothing
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	MYPYPATH=.:layers .venv/bin/mypy
	$(SAM) validate
	$(SAM) validate --lint
	.venv-lint/bin/cfn-lint template.yaml scripts/registry.yaml --append-rules cfn_lint_serverless.rules
	mkdir -p .aws-sam
	PYTHONPATH=. .venv-sam/bin/python -m scripts.transform_template > .aws-sam/transformed.json
	.venv-lint/bin/checkov --config-file .checkov.yaml --framework cloudformation dockerfile \
	  --file template.yaml scripts/registry.yaml .aws-sam/transformed.json functions/Dockerfile
	.venv-lint/bin/hadolint functions/Dockerfile
	.venv-lint/bin/bandit --quiet --configfile pyproject.toml --recursive functions layers model scripts
	git ls-files -z | xargs -0 .venv-lint/bin/detect-secrets-hook \
	  --exclude-files '^requirements/|^tests/events/|/metadata\.json$$'

format: .venv/dev ## rewrite the code in the project's format
	.venv/bin/ruff check --fix-only
	.venv/bin/ruff format

# A model's own code: model/NAME/train.py and so on. MODEL=name chooses where several models have some.
code_of = $(wildcard model/$(or $(MODEL),*)/$(1).py)
define run_code_of
	@set -- $(call code_of,$(1)); case $$# in \
	  1) $(RUN) -m "$$(echo "$${1%.py}" | tr / .)" $(ARGS) ;; \
	  0) echo "model/$(or $(MODEL),NAME)/$(1).py is missing: the code of your own model for 'make $(1)' goes there;" \
	       "'make add-model' adds a trained file" >&2; exit 2 ;; \
	  *) echo "several models have code for 'make $(1)': choose one with MODEL=name ($$*)" >&2; exit 2 ;; \
	esac
endef

train: $(if $(call code_of,train),.venv/train) ## run a model's own training, model/NAME/train.py (MODEL=name ARGS=)
	$(call run_code_of,train)

evaluate: $(if $(call code_of,evaluate),.venv/train) ## print a model's test figures as JSON, by model/NAME/evaluate.py
	$(call run_code_of,evaluate)

export: $(if $(call code_of,export),.venv/train) ## compile a trained model for serving, by model/NAME/export.py
	$(call run_code_of,export)

add-model: .venv/train ## serve your own: MODEL=file NAME=name (LABELS= EXAMPLES= ENGINE= ARGS=)
	@$(if $(and $(MODEL),$(NAME)),,echo "usage: make add-model MODEL=path NAME=name" >&2; exit 2)
	@$(RUN) -m scripts.add_model $(if $(LABELS),--labels '$(LABELS)') $(if $(EXAMPLES),--examples '$(EXAMPLES)') \
	  $(if $(ENGINE),--engine $(ENGINE)) $(ARGS) '$(MODEL)' '$(NAME)'

build: .venv-sam/sam ## build the Lambda container image
	scripts/base-image
	$(SAM) build

start-api: build ## the built image behind http://127.0.0.1:3000 (HTTPS=1: https)
start-api: $(if $(HTTPS),certificates/server.crt)
	$(SAM) local start-api --warm-containers EAGER \
	  $(if $(HTTPS),--ssl-cert-file certificates/server.crt --ssl-key-file certificates/server.key)

invoke-scheduled: build .venv-rehearsal/rehearsal ## run the scheduled function once, on an emulated S3 (INPUT='{"count": 500}')
	@PYTHONPATH=. SAM_CLI_TELEMETRY=0 .venv-sam/bin/python -m scripts.invoke_scheduled $(if $(INPUT),--input '$(INPUT)')

certificates/server.crt: # self-signed; put your own server.crt and server.key there instead
	mkdir -p certificates
	openssl req -x509 -newkey rsa:2048 -nodes -days 365 -subj /CN=localhost \
	  -addext subjectAltName=DNS:localhost,IP:127.0.0.1 \
	  -keyout certificates/server.key -out $@

bench: .venv/dev .venv/train .venv-bench/bench ## measure the figures in the README
	$(RUN) -m scripts.benchmark

attack: .venv/dev .venv/train ## attack a server of its own and measure the damage (ARGS=--quick: small counts)
	@$(RUN) -m scripts.attack $(ARGS)

screenshots: .venv/dev ## take pictures of the pages into docs/screenshots (needs Chromium)
	@$(RUN) -m scripts.screenshots

deploy: build ## deploy to AWS (REGION=, ARGS=); asks its questions the first time
	PYTHONPATH=. .venv-sam/bin/python -m scripts.deploy $(if $(REGION),--region '$(REGION)') $(ARGS)

rehearse: build .venv-rehearsal/rehearsal ## deploy, call, schedule, fail, update and delete on emulated AWS
	@PYTHONPATH=. .venv-sam/bin/python -m scripts.rehearse

# tf-keras asks for `tensorflow`; `tensorflow-cpu` is the same modules.
lock: .venv/uv ## pin requirements/*.txt anew, with hashes
	cd requirements && for name in uv runtime train tensorflow dev sam clients bench lint rehearsal; do \
	  ../.venv/bin/uv pip compile --quiet --python ../.venv/bin/python --universal --python-version 3.11 --generate-hashes \
	    --no-emit-index-url --no-emit-package tensorflow --no-header --upgrade $$name.in --output-file $$name.txt || exit 1; \
	done

clean: ## remove everything that was set up or built
	rm -rf .venv .venv-sam .venv-bench .venv-clients .venv-lint .venv-rehearsal .aws-sam certificates

# Environments. pip brings uv, and uv installs the rest, for the Python that PYTHON names.
# Each group of dependencies leaves a stamp when it is complete; `serve` needs only the first two.
# Modules are compiled where many processes start, or where a start is measured. Without it, and with
# PYTHONDONTWRITEBYTECODE set, every process would compile TensorFlow for itself.
.venv/% .venv-bench/%: COMPILE = --compile-bytecode

# Unpacking another pip takes seconds. It is done only where PYTHON's own is missing, older than 22.3, or
# fails; then the second pip's message is the one to read.
PIP_INSTALL = install --quiet --disable-pip-version-check --no-deps --require-hashes
.venv/uv: requirements/uv.txt
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 to 3.13 is needed: make PYTHON=python3.13" if not (3, 11) <= sys.version_info < (3, 14) else 0)'
	@echo 'setting up $@ …' >&2
	@test -e $@ || $(PYTHON) -m venv --clear --without-pip .venv
	@$(PYTHON) -m pip --python .venv/bin/python $(PIP_INSTALL) -r $< 2>/dev/null || \
	  { .venv/bin/python -m ensurepip >/dev/null && .venv/bin/python -m pip $(PIP_INSTALL) -r $<; }
	@touch $@

# A package whose installation was interrupted looks installed. So a group that left its mark unfinished
# is completed, and then linked once more from uv's cache.
.venv/tensorflow .venv/train .venv/dev: .venv/runtime
.venv/runtime .venv/tensorflow .venv/train .venv/dev: .venv/%: requirements/%.txt .venv/uv
	@echo 'setting up $@ …' >&2
	@touch $@.unfinished
	@$(INSTALL) $(COMPILE) --python .venv/bin/python -r $<
	@$(if $(wildcard $@.unfinished),$(INSTALL) $(COMPILE) --python .venv/bin/python --reinstall --offline -r $<)
	@touch $@
	@rm -f $@.unfinished

.venv-sam/sam: requirements/sam.txt
.venv-bench/bench: requirements/bench.txt
.venv-clients/clients: requirements/clients.txt
.venv-lint/lint: requirements/lint.txt
.venv-rehearsal/rehearsal: requirements/rehearsal.txt
.venv-sam/sam .venv-bench/bench .venv-clients/clients .venv-lint/lint .venv-rehearsal/rehearsal: | .venv/uv
	@echo 'setting up $@ …' >&2
	@.venv/bin/uv venv --quiet --clear --python .venv/bin/python $(@D)
	@$(INSTALL) $(COMPILE) --python $(@D)/bin/python -r $<
	@touch $@
