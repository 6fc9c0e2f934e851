"""Starting the simulator as a program: arguments, world, port, and a clean end."""

from __future__ import annotations

import argparse
import gc
import signal
import sys
import threading
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

from scrm.simulator import world
from scrm.simulator.corp import Corp
from scrm.simulator.identity import Identity
from scrm.simulator.journal import Journal
from scrm.simulator.server import Server

_DEMO_DISPATCH_SECONDS = 2.0
_LOOK_AGAIN = 0.5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options, the same for `manage.py simulator` and `python -m scrm.simulator`."""
    parser.add_argument("--port", type=int, default=8001, help="port; 0 picks a free one")
    parser.add_argument(
        "--host",
        default="127.0.0.1",
        help="address to listen on; the control API asks for no password, so name another one "
        "only inside a closed network such as a container's",
    )
    parser.add_argument("--contacts", type=int, default=0, help="customers of a new world")
    parser.add_argument("--seed", type=int, default=1, help="chance of a new world")
    parser.add_argument(
        "--today", type=date.fromisoformat, help="day a new world ends before, YYYY-MM-DD"
    )
    parser.add_argument(
        "--state", type=Path, help="folder that keeps the world; what is in it wins"
    )
    parser.add_argument("--callback-url", default="", help="where events are posted")
    parser.add_argument(
        "--console-url",
        default="",
        help="address of the product's console, for a link; the callback's server unless named",
    )
    parser.add_argument("--buyers", type=Path, help="CSV (.gz) of buyers: one contact each")
    parser.add_argument("--buyers-column", default="customer_id", help="its column of ids")
    parser.add_argument(
        "--alive",
        action="store_true",
        help="staff confirm and customers live by themselves, once the callback address answers",
    )


def run(options: argparse.Namespace, identity: Identity | None = None) -> None:
    """Serve until SIGTERM or Ctrl-C. Raises ValueError for arguments that cannot be."""
    if options.contacts < 0:
        raise ValueError("--contacts: not below zero")
    corp = Corp(identity or Identity.from_environment())
    corp.callbacks.url = options.callback_url
    corp.callbacks.parallel = 4
    journal = _open(corp, options)
    # The world stays for good: the collector need not walk over it again and again.
    gc.freeze()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_signal: stop.set())
    with Server(corp, options.port, options.host) as server:
        server.control.console_url = options.console_url or _console(options.callback_url)
        if options.alive:
            # What people do before the product answers would be heard by nobody.
            threading.Thread(
                target=_live_once_answered, args=(corp, server, stop), daemon=True
            ).start()
        _say(
            f"Simulated WeCom at {server.url}/sim/ - {len(corp.contacts)} people, "
            f"{len(corp.staff)} staff, {len(corp.orders)} orders"
        )
        stop.wait()
    if journal is not None:
        journal.close()


def _live_once_answered(corp: Corp, server: Server, stop: threading.Event) -> None:
    while not corp.callbacks.is_answered():
        if stop.wait(_LOOK_AGAIN):
            return
    server.control.behaviour.start()


def main(arguments: Sequence[str] | None = None) -> int:
    """`python -m scrm.simulator`; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m scrm.simulator", description="A local WeCom with a pretend tea brand."
    )
    add_arguments(parser)
    try:
        run(parser.parse_args(arguments))
    except (OSError, ValueError) as error:
        _say(f"simulator: {error}")
        return 1
    return 0


def _open(corp: Corp, options: argparse.Namespace) -> Journal | None:
    """The world of the state folder, or a new one (which the folder then keeps)."""
    journal = Journal(options.state, corp) if options.state else None
    if journal is not None and journal.exists():
        changes = journal.open()
        _say(f"World of {options.state} goes on after {changes} changes")
        return journal
    buyers = world.read_buyers(options.buyers, options.buyers_column) if options.buyers else None
    today = options.today or corp.clock.now().date()
    if buyers or options.contacts:
        world.build(corp, contacts=options.contacts, seed=options.seed, today=today, buyers=buyers)
    corp.settings.dispatch_seconds = _DEMO_DISPATCH_SECONDS
    corp.on_habits(seed=options.seed)
    if journal is not None:
        journal.create(
            {
                "contacts": len(buyers.ids) if buyers else options.contacts,
                "seed": options.seed,
                "today": today.isoformat(),
                "buyers": str(options.buyers or ""),
            }
        )
    return journal


def _console(callback_url: str) -> str:
    """The product's first page, where the browser is on the same machine as the product."""
    address = urlsplit(callback_url)
    local = address.hostname in ("127.0.0.1", "localhost")
    return f"{address.scheme}://{address.netloc}/" if local else ""


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
