# Sockeye's tasks. Each is one line that can also be typed by hand.

# Debian keeps ip, nft and mkfs outside an ordinary user's PATH.
export PATH := $(PATH):/usr/sbin:/sbin

.PHONY: run test check build cross packages fuzz mutants bench bench-quick

run: # the whole experiment on this computer; Ctrl-C, its end, is no error (130, in a pipe 141)
	@go build -o dist/sockeye ./cmd/sockeye && trap : INT && { dist/sockeye demo || [ $$? = 130 -o $$? = 141 ]; }

# Kills and power cuts are few in everyday runs and some hundreds with CI=true.
# SOCKEYE_ROUNDS=1000 SOCKEYE_CUTS=500 make test does as many as the matrix asks for.
# Parsers of files are given mutated ones for two seconds; SOCKEYE_EXECS=100000000 with
# go test -run Mutated -timeout 0 is as many as before a release.
test: # every check and test, after installing what they need
	scripts/need && go run ./internal/tools/verify

check: # the same with what is here; "go run ./internal/tools/verify static" takes seconds
	go run ./internal/tools/verify

build: # dist/sockeye and dist/sockeye-hub for this computer
	CGO_ENABLED=0 go build -trimpath -o dist/sockeye ./cmd/sockeye
	CGO_ENABLED=0 go build -trimpath -o dist/sockeye-hub ./cmd/sockeye-hub

cross: # dist/sockeye-SYSTEM-CPU for every platform, and a start of the foreign ones
	go run ./internal/tools/verify cross

packages: # dist/packages: .deb, .rpm, .apk, .tar.gz and .zip, sums, bills of materials. VERSION=1.2.3
	go run ./internal/tools/packages -version '$(VERSION)'

fuzz: # every fuzz test for FUZZTIME (default 30s)
	scripts/fuzz

mutants: # plant single faults and see whether the tests notice; half an hour. ONLY=recording: some
	go run ./internal/tools/mutants -only '$(ONLY)'

bench: # side by side with others, half an hour; writes bench/RESULTS.md
	scripts/need bench && go run ./bench -write

bench-quick: # the same with fewer rows and rounds, in under two minutes
	go run ./bench -quick
