# Two targets need nothing before them: `make serve` starts a server with the demo policies,
# `make test` proves the tree. Both install with apt what is missing; Swift must be there.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

SWIFT ?= swift
ADDR ?= localhost:8181
PACKAGES := ca-certificates g++ libarchive-dev libargon2-dev libc-ares-dev libcurl4-openssl-dev libedit2 libhiredis-dev libjansson-dev libpq-dev libre2-dev libsqlite3-dev \
    libssl-dev libyaml-dev nginx-light openssl pkg-config postgresql python3 python3-aiosmtpd python3-venv redis-server tzdata zlib1g-dev
EXAMPLE := examples/invoicing

.PHONY: help
help: ## what can be made
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | expand -t 24

.PHONY: serve
serve: install-dependencies ## build, and serve the demo policies on ADDR
	$(SWIFT) build -c release --product ostiary
	exec .build/release/ostiary serve --decisions-only --addr $(ADDR) --watch $(EXAMPLE)/policies $(EXAMPLE)/data

# They keep every thread busy for a minute, and tests that wait for a server would wait for them.
LONG_TESTS := ^(Conformance|Differential)Tests[.]

# Each is a whole server: together with the tests that start programs there would be more open
# files than Foundation's Process can list without reading beyond the end of the list.
WIDE_TESTS := ^EndToEndTests[.]

# Hundreds at once wait minutes for each other between two of their calls, and what they ask about
# has expired by then. Swift 6.3 knows the variable; one that does not runs them all at once.
export SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH ?= 8

.PHONY: test
test: install-dependencies build-checked machine-for-wasm token-verifiers ## everything that .ci/run demands
	$(SWIFT) test --skip-build --skip '$(LONG_TESTS)' --skip '$(WIDE_TESTS)'
	$(SWIFT) test --skip-build --filter '$(WIDE_TESTS)'
	$(SWIFT) test --skip-build --filter '$(LONG_TESTS)'

# Without a way to PyPI, the tests that ask them say so and are skipped.
VERIFIERS := .build/token-verifiers
.PHONY: token-verifiers
token-verifiers: install-dependencies ## what others verify tokens with, from PyPI, for tests
	@[ -e $(VERIFIERS)/complete ] || { python3 -m venv $(VERIFIERS) \
	    && $(VERIFIERS)/bin/pip install --quiet 'pyjwt[crypto]==2.15.1' joserfc==1.8.0 \
	        jwcrypto==1.6.1 'python-jose[cryptography]==3.5.0' \
	    && touch $(VERIFIERS)/complete; } \
	    || echo "no libraries to verify tokens with: a test will be skipped" >&2

# One allocation an object of an arena: an overrun inside of a chunk would go unseen.
.PHONY: sanitize
sanitize: install-dependencies ## the engine's tests and OPA's cases under the address sanitizer
	$(SWIFT) build --build-tests --sanitize=address -Xswiftc -DARENA_MALLOC \
	    --scratch-path .build-sanitize
	# Frames are some times larger than without the sanitizer.
	ulimit -s 262144; ASAN_OPTIONS=detect_leaks=0 $(SWIFT) test --skip-build \
	    --sanitize=address --scratch-path .build-sanitize \
	    --filter 'ConformanceTests|RegoMachineTests|RegoSyntaxTests|RegoTests|CryptographyTests'

# One door to foreign bytes at a time, under the address sanitizer: parser, json, compiler, machine,
# plans, builtins or archives. What crashes it is left in .build-fuzz/findings.
TARGET ?= parser
MINUTES ?= 30
FUZZ := swift build --package-path Tests/Fuzz --scratch-path .build-fuzz --sanitize=address \
    -Xswiftc -sanitize=fuzzer -Xswiftc -DARENA_MALLOC -Xswiftc -use-ld=lld
.PHONY: fuzz
fuzz: install-dependencies ## fuzz TARGET for MINUTES
	$(FUZZ) --product fuzz
	python3 Tests/Fuzz/seed.py ../shared/conformance .build-fuzz/corpora
	mkdir -p .build-fuzz/findings
	ulimit -s 262144; FUZZ_TARGET=$(TARGET) ASAN_OPTIONS=detect_leaks=0 $$($(FUZZ) --show-bin-path)/fuzz \
	    -max_total_time=$$(( $(MINUTES) * 60 )) -max_len=4096 -timeout=30 -rss_limit_mb=4096 \
	    -artifact_prefix=.build-fuzz/findings/ .build-fuzz/corpora/$(TARGET)

# Without the flag an undeclared import of a later room passes; with it the exit status says so
# although the text still ends with "Build complete!".
.PHONY: build-checked
build-checked: install-dependencies ## debug build with tests; imports between rooms are checked
	$(SWIFT) build --build-tests --explicit-target-dependency-import-check error

.PHONY: machine-for-wasm
machine-for-wasm: ## compile RegoMachine in Embedded Swift for wasm32
	mkdir -p .build
	$(SWIFT)c -target wasm32-unknown-none-wasm -enable-experimental-feature Embedded \
	    -swift-version 6 -wmo -parse-as-library -module-name RegoMachine \
	    -package-name ostiary \
	    -enable-upcoming-feature ExistentialAny -enable-upcoming-feature InternalImportsByDefault \
	    -enable-upcoming-feature MemberImportVisibility -warnings-as-errors \
	    -c -o .build/RegoMachine.wasm32.o $$(find Sources/RegoMachine -name '*.swift')

.PHONY: release
release: install-dependencies ## build .build/release/ostiary
	$(SWIFT) build -c release --product ostiary

# Without a container, and without being root. The folder `.staging` keeps it between starts;
# `scripts/staging.py --help` names ports and folders.
.PHONY: staging
staging: release ## two nodes on one PostgreSQL, with people and keys to ask as
	exec python3 scripts/staging.py

.PHONY: staging-clean
staging-clean: ## forget what `make staging` has made
	python3 scripts/staging.py --clean

.PHONY: cost
cost: release ## an authorized read beside a static answer; wants wrk
	python3 scripts/cost.py

# On a machine that does nothing else: it measures milliseconds.
.PHONY: sign-in-cost
sign-in-cost: release ## sign-ins beside bare hashes, refreshes beside plain updates; wants wrk
	python3 scripts/sign_in_cost.py

.PHONY: limits
limits: release ## whether limits of calls hold while everybody hammers; ten minutes
	python3 scripts/limits.py redis
	python3 scripts/limits.py memory
	python3 scripts/limits.py stopped

.PHONY: timing
timing: release ## whether the time of an answer tells if there is an account
	python3 scripts/timing.py

# What looks for a difference has to find one where there is one.
PLANTED := .build/planted
.PHONY: timing-planted
timing-planted: install-dependencies ## the same, where nothing is hashed for an unknown address
	rm -rf $(PLANTED)/Sources $(PLANTED)/Tests
	mkdir -p $(PLANTED)
	git ls-files -z | xargs -0 cp --parents -t $(PLANTED)
	git apply --directory=$(PLANTED) scripts/no-dummy-hash.patch
	$(SWIFT) build -c release --product ostiary --package-path $(PLANTED)
	python3 scripts/timing.py --binary $(PLANTED)/.build/release/ostiary --rounds 100 \
	    --finds unknown

.PHONY: schemathesis
schemathesis: release .build/schemathesis ## ask the API for all that /openapi.json describes
	python3 scripts/check_api.py --tools .build/schemathesis/bin

.build/schemathesis:
	python3 -m venv $@
	$@/bin/pip install --quiet schemathesis==4.32.5 openapi-spec-validator

.PHONY: docs
docs: build-checked ## print the pages of docs/ that are made from commands and tables
	.build/debug/ostiary docs commands >docs/commands.md
	.build/debug/ostiary docs lints >docs/lints.md

.PHONY: bundles
bundles: ## pack Policies/ into bundles/
	$(SWIFT) build --product ostiary
	for policy in Policies/*/; do \
	    .build/debug/ostiary build --bundle "$${policy%/}" --ignore '*_test.rego' \
	        --output "bundles/$$(basename "$$policy").tar.gz"; \
	done

.PHONY: lint
lint: ## what `swift format` would say
	$(SWIFT) format lint --recursive --parallel --strict Package.swift Sources Tests

.PHONY: install-dependencies
install-dependencies: ## the C libraries, by apt, where one is missing
	@command -v $(SWIFT) >/dev/null || { echo "Swift 6.3 or later is needed: https://swift.org/install" >&2; exit 1; }
	@missing=""; \
	for package in $(PACKAGES); do \
	    dpkg-query -W -f='$${db:Status-Status}' $$package 2>/dev/null | grep -qx installed \
	        || missing="$$missing $$package"; \
	done; \
	[ -z "$$missing" ] && exit 0; \
	command -v apt-get >/dev/null || { echo "install these first:$$missing" >&2; exit 1; }; \
	root=""; [ "$$(id -u)" -eq 0 ] || root="sudo"; \
	echo "installing$$missing"; \
	$$root apt-get update -qq; \
	DEBIAN_FRONTEND=noninteractive $$root apt-get install -y -qq --no-install-recommends $$missing
