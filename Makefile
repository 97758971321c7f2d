# Every target sets up what it needs. `make` alone lists them.
PYTHON ?= python3
ENV ?= dev
RUN = PYTHONPATH=.:layers .venv/bin/python
SAM = SAM_CLI_TELEMETRY=0 .venv-sam/bin/sam
# An environment that works is kept, unless the user names a Python.
export PYTHON_ASKED = $(filter-out file,$(origin PYTHON))
export UV_PYTHON_DOWNLOADS = never
export TF_CPP_MIN_LOG_LEVEL ?= 2
ifdef MODELS_DIR
export MODELS_DIR
endif
# TensorFlow is installed for serving only where a model needs it.
ENGINE_OF_MODELS = $(if $(shell grep -ls '"engine": "tensorflow"' '$(or $(MODELS_DIR),model)'/*/metadata.json),.venv/tensorflow)

.PHONY: help serve test check format train evaluate export add-model build start-api invoke-scheduled bench attack screenshots deploy rollback smoke rehearse sbom audit lock clean secrets preflight
.DEFAULT_GOAL := help

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

serve: export PORT ?= 8000
serve: .venv/runtime $(ENGINE_OF_MODELS) ## serve http://127.0.0.1:$PORT, without Docker (PORT=8000, MODELS_DIR=model)
	@echo "Serving http://127.0.0.1:$(PORT) - see http://127.0.0.1:$(PORT)/models and http://127.0.0.1:$(PORT)/docs"
	@PYTHONPATH=.:layers exec .venv/bin/python -m functions.api.server --port $(PORT)

test: .venv/dev .venv/train .venv-sam/sam .venv-clients/clients .venv-supply/supply ## run the tests; those that need Docker only where it runs
	$(RUN) -m pytest

check: .venv/dev .venv/train .venv-sam/sam .venv-lint/lint secrets ## lint, types, template; changes nothing
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	MYPYPATH=.:layers .venv/bin/mypy
	$(SAM) validate
	$(SAM) validate --lint
	.venv-lint/bin/cfn-lint template.yaml scripts/*.yaml --append-rules cfn_lint_serverless.rules
	mkdir -p .aws-sam
	PYTHONPATH=. .venv-sam/bin/python -m scripts.transform_template > .aws-sam/transformed.json
	.venv-lint/bin/checkov --config-file .checkov.yaml --framework cloudformation dockerfile \
	  --file template.yaml scripts/*.yaml .aws-sam/transformed.json functions/Dockerfile
	.venv-lint/bin/hadolint functions/Dockerfile
	PATH="$(CURDIR)/.venv-lint/bin:$$PATH" actionlint .github/workflows/*.yaml
	.venv-lint/bin/zizmor --quiet --offline --min-severity medium .github/workflows
	.venv-lint/bin/bandit --quiet --configfile pyproject.toml --recursive functions layers model scripts

secrets: .venv/dev .venv-lint/lint ## look for keys and passwords in the project's files
	$(RUN) -m scripts.project_files .venv-lint/bin/detect-secrets-hook \
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
	@$(RUN) -m scripts.add_model $(if $(LABELS),--labels "$$LABELS") $(if $(EXAMPLES),--examples "$$EXAMPLES") \
	  $(if $(ENGINE),--engine "$$ENGINE") $(ARGS) "$$MODEL" "$$NAME"

build: .venv-sam/sam ## build the Lambda container image (ARCH=, REFRESH=1: with Debian's latest fixes)
	REFRESH='$(REFRESH)' scripts/base-image $(ARCH)
	$(SAM) build $(if $(ARCH),--parameter-overrides Architecture=$(ARCH))
	scripts/label-image

# The user's own server.crt and server.key in certificates/, or self-signed ones.
CERTIFICATES = $(if $(wildcard certificates/server.crt),certificates,.aws-sam/self-signed)

start-api: export PORT ?= 3000
start-api: build ## the built image behind http://127.0.0.1:$PORT (PORT=3000, HTTPS=1: https)
start-api: $(if $(HTTPS),$(CERTIFICATES)/server.crt)
	$(SAM) local start-api --port $(PORT) --warm-containers EAGER \
	  $(if $(HTTPS),--ssl-cert-file $(CERTIFICATES)/server.crt --ssl-key-file $(CERTIFICATES)/server.key)

invoke-scheduled: build .venv-rehearsal/rehearsal ## run the scheduled function once, on an emulated S3 (INPUT='{"count": 500}')
	@PYTHONPATH=. SAM_CLI_TELEMETRY=0 .venv-sam/bin/python -m scripts.invoke_scheduled $(if $(INPUT),--input '$(INPUT)')

.aws-sam/self-signed/server.crt:
	mkdir -p $(@D)
	openssl req -x509 -newkey rsa:2048 -nodes -days 365 -subj /CN=localhost \
	  -addext subjectAltName=DNS:localhost,IP:127.0.0.1 \
	  -keyout $(@D)/server.key -out $@

bench: .venv/dev .venv/train .venv-bench/bench ## measure the figures in the README
	$(RUN) -m scripts.benchmark

attack: .venv/dev .venv/train ## attack a server of its own and measure the damage (ARGS=--quick: small counts)
	@$(RUN) -m scripts.attack $(ARGS)

screenshots: .venv/dev ## take pictures of the pages into docs/screenshots (needs Chromium)
	@$(RUN) -m scripts.screenshots

deploy: .venv-sam/sam ## deploy to AWS (ENV=dev, FROM=env, CHANGESET=1, FORCE=1, ARCH=, REGION=, ARGS=); the first time it asks
	@PYTHONPATH=. .venv-sam/bin/python -m scripts.deploy --config-env '$(ENV)' $(if $(REGION),--region '$(REGION)') \
	  $(if $(FROM),--from-env '$(FROM)') $(if $(ARCH),--architecture '$(ARCH)') $(if $(CHANGESET),--changeset) \
	  $(if $(FORCE),--force) $(ARGS)

rollback: .venv-sam/sam ## serve the version before again, through the stack (ENV=dev, REGION=, ARGS=)
	@PYTHONPATH=. .venv-sam/bin/python -m scripts.rollback --config-env '$(ENV)' $(if $(REGION),--region '$(REGION)') $(ARGS)

smoke: .venv/runtime ## compare what URL=https://… answers with the models here (ARGS= for a key)
	@$(RUN) -m scripts.smoke '$(URL)' $(ARGS)

SUPPLY = PYTHONPATH=. .venv-supply/bin/python -m
sbom: build .venv-supply/supply ## list the packages in the image, as CycloneDX: .aws-sam/sbom.cdx.json
	@$(SUPPLY) scripts.sbom

audit: sbom ## look the image's packages up in the lists of known faults (ARGS=)
	@$(SUPPLY) scripts.audit $(ARGS)

rehearse: build .venv/runtime .venv-rehearsal/rehearsal ## two environments on emulated AWS: deploy, call, promote, update, roll back, delete
	@PYTHONPATH=. .venv-sam/bin/python -m scripts.rehearse

# tf-keras asks for `tensorflow`; `tensorflow-cpu` is the same modules.
lock: .venv/uv ## pin requirements/*.txt anew, with hashes
	cd requirements && for name in uv runtime train tensorflow dev sam clients bench lint rehearsal supply; do \
	  ../.venv/bin/uv pip compile --quiet --python ../.venv/bin/python --universal --python-version 3.11 --generate-hashes \
	    --no-emit-index-url --no-emit-package tensorflow --no-header --upgrade $$name.in --output-file $$name.txt || exit 1; \
	done

clean: ## remove what was set up or built, and nothing of yours
	rm -rf .venv .venv-sam .venv-bench .venv-clients .venv-lint .venv-rehearsal .venv-supply .venv-lock .aws-sam
	rm -rf .mypy_cache .pytest_cache .ruff_cache .hypothesis

# Before anything is installed or built. The checks and their messages are in scripts/preflight.py and
# scripts/checking/, which any Python from 3.8 can run.
preflight:
	@command -v "$(PYTHON)" >/dev/null || { echo 'there is no program "$(PYTHON)": install Python 3.11 to 3.13,' \
	  'or name one that is here, such as: make PYTHON=python3.13 $(MAKECMDGOALS)' >&2; exit 2; }
	@PYTHONPATH=. "$(PYTHON)" -m scripts.preflight $(MAKECMDGOALS)

# Environments. pip brings uv, and uv installs the rest, for the Python that PYTHON names. A group of packages
# is a file requirements/GROUP.txt, and leaves a stamp of its name when it is complete; `serve` needs only the
# first two. scripts/environments.py tells whether one is, because an environment may be of another Python, moved
# or interrupted. So each recipe runs always, and is done at once where there is nothing to do.
IN_FIRST = .venv/runtime .venv/tensorflow .venv/train .venv/dev
OTHERS = .venv-sam/sam .venv-bench/bench .venv-clients/clients .venv-lint/lint .venv-rehearsal/rehearsal .venv-supply/supply
.venv/uv $(IN_FIRST) $(OTHERS): preflight
	@PYTHONPATH=. "$(PYTHON)" -m scripts.set_up $@
.venv/runtime $(OTHERS): .venv/uv
.venv/tensorflow .venv/train .venv/dev: .venv/runtime
