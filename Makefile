.PHONY: run test lint bench bench-peers claims torture soak fuzz monkey clean
PYTHON = .venv/bin/python

# Open the app. Without a display: say so, and run the default experiment without a window.
run:
	@tools/prepare
	@if [ -n "$$DISPLAY$$WAYLAND_DISPLAY" ] || [ "$$(uname)" = Darwin ]; then exec $(PYTHON) main.py; \
	else echo "No display found, so there is no window: running the default experiment instead."; \
	  exec $(PYTHON) main.py run crossroads --figures; fi

# Every test, those that need a display on a display server of their own.
test:
	@tools/prepare test
	@$(PYTHON) -m pytest -n auto --maxprocesses 4 --dist loadfile

# Style, types and import contracts.
lint:
	@tools/prepare test
	@.venv/bin/ruff check . && .venv/bin/ruff format --check . && .venv/bin/mypy && .venv/bin/lint-imports

bench:
	@tools/prepare test
	@$(PYTHON) -m bench

# This program beside others at the same work, in an environment of its own (build/peers); PEERS: folder of checkouts
# of those that are no packages.
PEERS = build/peers/checkouts
bench-peers:
	@tools/peers $(PEERS)
	@OMP_NUM_THREADS=1 build/peers/bin/python -m bench.peers --peers $(PEERS)

# Every experiment at its real length, ten seeds each, into docs/claims.md. Goes on where it was interrupted.
claims:
	@tools/prepare
	@$(PYTHON) main.py claims --recordings build/claims

# Spoil 100,000 recordings and have each inspected and opened: docs/hostile-files.md. An hour or more.
fuzz:
	@tools/prepare test
	@$(PYTHON) -m tests.fuzz --keep build/fuzz

# Recordings under kills, power cuts, full disks and crashes, at length, into docs/reliability.md.
torture:
	@tools/prepare test
	@$(PYTHON) -m tests.torture --report docs/reliability.md

# Three kinds of reader on a run that writes, into docs/reliability.md: make soak HOURS=8
HOURS = 1
soak:
	@tools/prepare test
	@$(PYTHON) -m tests.torture.soak --hours $(HOURS) --report docs/reliability.md

# Random use of the whole app with real runs; fails on errors, growth and what is left behind.
MINUTES = 60
monkey:
	@tools/prepare test
	@$(PYTHON) -m tests.monkey --minutes $(MINUTES)

clean:
	rm -rf .venv build *.egg-info
