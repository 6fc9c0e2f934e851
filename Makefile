# The two commands that matter: `make run` and `make test`.
.PHONY: run test check setup bench messages
.DEFAULT_GOAL := run

run: setup
	@exec .venv/bin/python -m scrm.embedded.supervisor

setup:
	@sh scripts/setup.sh runtime

test:
	@sh scripts/setup.sh dev
	@.venv/bin/python scripts/check.py
	@.venv/bin/python scripts/browser.py
	@.venv/bin/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(ARGS)

check:
	@sh scripts/setup.sh dev
	@.venv/bin/python scripts/check.py

bench:
	@sh scripts/setup.sh bench
	@.venv/bin/python -m bench

messages:
	@sh scripts/setup.sh dev
	@.venv/bin/python scripts/messages.py
