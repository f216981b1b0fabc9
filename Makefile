# Every target says what it does; `make` lists them.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
GO ?= go

.PHONY: help
help: ## List the targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

.PHONY: build
build: ## Build the program: ./authtrail
	$(GO) build -o authtrail .

.PHONY: demo
demo: ## Run the demo: go run . demo
	$(GO) run . demo

.PHONY: generate
generate: ## Generate the GraphQL code, and build the GraphiQL page
	$(GO) generate ./...
	cd web/graphiql && npm ci --no-audit --no-fund --silent && npm run build --silent

.PHONY: fmt
fmt: ## Format the Go code
	gofmt -w $$(git ls-files '*.go')

.PHONY: lint
lint: ## Vet, staticcheck, and the import rule (.depguard.json)
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); test -z "$$unformatted" || { echo "not formatted: $$unformatted"; exit 1; }
	$(GO) vet -tags cluster ./...
	$(GO) tool staticcheck ./...
	$(GO) tool staticcheck -tags cluster ./store/elastic/...
	$(GO) tool depguard ./...

.PHONY: check
check: lint generate ## Lint, and require that everything generated is current
	@test -z "$$(git status --porcelain)" || { git status --short; git --no-pager diff --stat; \
	  echo "generated files are not current, or the tree was not clean: run make generate and commit"; exit 1; }

.PHONY: test
test: ## Run all tests: the Go suite, the tests of clusters, then the end-to-end tests
	$(GO) test -count=1 ./...
	$(MAKE) --no-print-directory test-cluster e2e

.PHONY: test-cluster
test-cluster: ## Test on clusters of three nodes, which are killed one by one; takes minutes
	$(GO) test -count=1 -v -tags cluster -p 1 -run 'Cluster.*Node' ./store/elastic/...

.PHONY: delivery-proof
delivery-proof: ## Deliver 100,000 events to a receiver that fails, while the server is killed again and again
	AUTHTRAIL_TEST_DELIVERED_EVENTS=100000 $(GO) test -count=1 -v -run 'ThoughServersAreKilledAndReceiversFail' .

.PHONY: e2e
e2e: build ## Run the real program against the published SDK, the GraphQL over HTTP audit, a browser, and Schemathesis
	e2e/run

.PHONY: elasticsearch
elasticsearch: ## Run a real Elasticsearch without Docker, until Ctrl-C (docs/development.md)
	@scripts/elasticsearch

.PHONY: test-docker
test-docker: ## Test the Elasticsearch store by containers, with an engine and image of its own where there are none
	scripts/docker-elasticsearch $(GO) test -count=1 ./store/elastic/...

.PHONY: race
race: ## Run the Go suite under the race detector
	$(GO) test -race -count=1 ./...

.PHONY: bench
bench: build ## Measure speed and memory on a million records, on both stores (docs/performance.md)
	$(GO) run ./bench
	scripts/elasticsearch --heap 4g with $(GO) run ./bench -on-elasticsearch

.PHONY: clean
clean: ## Remove what was built and installed
	rm -rf authtrail e2e/*/.venv e2e/node_modules e2e/*/node_modules web/*/node_modules
