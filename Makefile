# Each verb is a script or one command; `make help` lists them.
.DEFAULT_GOAL := help
.PHONY: help demo run build test lint gen bench fuzz

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: ## start a server, make a domain, a repository and a token, print what to paste
	@scripts/demo

run: ## start the server on ./daypass-data (ARGS="--listen 127.0.0.1:9000")
	go run ./cmd/daypass serve $(ARGS)

build: ## build into bin/: daypass, and daypass-client, which has no server
	CGO_ENABLED=0 go build -trimpath -buildvcs=auto -o bin/ ./cmd/daypass ./cmd/daypass-client

test: ## every check and every test; on Debian installs the real clients that are missing
	@scripts/test

lint: ## gofmt, go vet, staticcheck, golangci-lint, govulncheck, generated files
	@scripts/lint

gen: ## write the generated files anew
	@scripts/gen

bench: ## Go benchmarks, whole requests beside the bare handler, starts and memory
	@scripts/bench

fuzz: ## every fuzz target for some seconds (TIME=10s)
	@scripts/fuzz $(or $(TIME),10s)
