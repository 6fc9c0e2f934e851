"""Run the whole product in the foreground: servers, migrations, web, workers, beat, simulator.

A plain script without Django, so that it starts at once and stays small. Ctrl-C (or SIGTERM)
stops every child in order and keeps the data; a child that ends by itself is started again with
growing pauses, and when it keeps ending everything is stopped with a word on which one it was.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from scrm.embedded.env_file import read_env_file
from scrm.embedded.home import Home
from scrm.embedded.postgres import EmbeddedPostgres, EmbeddedServerError
from scrm.embedded.process import spawn, stop
from scrm.embedded.redis import EmbeddedRedis

ROOT = Path(__file__).resolve().parents[2]
_RESTARTS_FORGIVEN = 5
_RESTARTS_WINDOW = 120.0
# The demo's operator, on 127.0.0.1 and for made-up customers only.
DEMO_PASSWORD = "scrm-demo-2026"
_REAL_CORP = ("WECOM_CORP_ID", "WECOM_SECRET", "WECOM_AGENT_ID")


class CannotStart(RuntimeError):
    """Something the person at the keyboard has to mend; the message says what."""


@dataclass
class Child:
    """One long-running process, restarted when it ends by itself."""

    name: str
    command: Sequence[str]
    patience: float = 20.0
    process: subprocess.Popen[bytes] | None = None
    ended_at: deque[float] = field(default_factory=lambda: deque(maxlen=_RESTARTS_FORGIVEN))
    start_again_at: float = 0.0

    def start(self, env: dict[str, str]) -> None:
        self.process = spawn(self.command, env=env, cwd=ROOT, stdout=subprocess.PIPE)
        threading.Thread(target=_relay, args=(self.name, self.process), daemon=True).start()

    def keeps_ending(self, now: float) -> bool:
        return (
            len(self.ended_at) == _RESTARTS_FORGIVEN and now - self.ended_at[0] < _RESTARTS_WINDOW
        )


class Supervisor:
    """Everything that `make run` starts, in order, and stops, in the reverse order."""

    def __init__(self, home: Home, *, port: int, simulator_port: int) -> None:
        self.home = home
        self.port = port
        self.simulator_port = simulator_port
        self.bind = os.environ.get("SCRM_BIND", "127.0.0.1")
        self.is_simulated = not any(os.environ.get(name) for name in _REAL_CORP)
        self.wants_demo = self.is_simulated and os.environ.get("SCRM_DEMO", "1") != "0"
        self.env = {
            **os.environ,
            "SCRM_HOME": str(home.root),
            "SCRM_SIMULATOR_PORT": str(simulator_port),
            "PYTHONUNBUFFERED": "1",
            "PYTHONPATH": str(ROOT),
            # More threads than one slow the small fits down on a busy machine.
            "OPENBLAS_NUM_THREADS": "1",
            # Celery warns of root because of pickled messages; ours are JSON, which runs nothing.
            "PYTHONWARNINGS": "ignore:You're running the worker with superuser privileges",
        }
        if self.wants_demo:
            self.env["SCRM_DEMO_LOGIN"] = f"admin / {DEMO_PASSWORD}"
        self.servers: list[EmbeddedPostgres | EmbeddedRedis] = []
        self.children: list[Child] = []
        self.stopping = threading.Event()

    # -- the life of a run --------------------------------------------------------------------
    def run(self) -> int:
        """Start, watch, stop. Returns the exit code."""
        began = time.monotonic()
        try:
            if self.is_simulated:
                self._start(self._simulator())
            self._start_servers()
            say("preparing the tables")
            login = self._manage("prepare", *(["--demo"] if self.wants_demo else []))
            for child in self._product():
                self._start(child)
            self._wait_until_healthy()
            self._announce(login.strip(), time.monotonic() - began)
            if self.wants_demo:
                threading.Thread(target=self._fill_demo, daemon=True).start()
            return self._watch()
        finally:
            self._stop_all()

    def request_stop(self, *_signal: object) -> None:
        self.stopping.set()

    def _start_servers(self) -> None:
        self.home.sockets.mkdir(mode=0o711, exist_ok=True)
        if not self.env.get("DATABASE_URL"):
            say("starting Postgres")
            postgres = EmbeddedPostgres(
                self.home.postgres_data, self.home.postgres_socket, self.home.logs / "postgres.log"
            )
            self.servers.append(postgres)
            postgres.start()
            self.env["DATABASE_URL"] = self.home.database_url
        if not self.env.get("REDIS_URL"):
            say("starting Redis")
            redis = EmbeddedRedis(
                self.home.redis_data, self.home.redis_socket, self.home.logs / "redis.log"
            )
            self.servers.append(redis)
            redis.start()
            self.env["REDIS_URL"] = self.home.redis_url

    def _start(self, child: Child) -> None:
        self.children.append(child)
        child.start(self.env)

    def _product(self) -> list[Child]:
        celery = [sys.executable, "-m", "celery", "--quiet", "-A", "scrm.celery"]
        worker = [*celery, "worker", "-l", "WARNING", "--without-gossip", "--without-mingle"]
        web = [
            *(sys.executable, "-m", "gunicorn", "scrm.wsgi:application", "--preload"),
            *("--bind", f"{self.bind}:{self.port}", "--worker-class", "gthread"),
            *("--workers", "2", "--threads", "4", "--no-control-socket"),
            *("--log-level", "warning", "--graceful-timeout", "10"),
        ]
        return [
            Child("web", web),
            # The callback queue has a process of its own, so that nothing long stands before it.
            Child("worker", [*worker, "-Q", "default,broadcasts", "-c", "2", "-n", "work@%h"]),
            Child("callbacks", [*worker, "-Q", "callbacks", "-c", "1", "-n", "callbacks@%h"]),
            # Codes live 20 seconds: no queue before them, no fork between them and their call.
            Child("welcome", [sys.executable, "manage.py", "welcomes"]),
            Child("beat", [*celery, "beat", "-l", "WARNING", "--pidfile", ""]),
        ]

    def _simulator(self) -> Child:
        contacts = os.environ.get("SCRM_DEMO_CONTACTS", "3000")
        return Child(
            "simulator",
            [
                *(sys.executable, "-m", "scrm.simulator", "--port", str(self.simulator_port)),
                *("--contacts", contacts, "--seed", "7", "--alive"),
                *("--state", str(self.home.simulator_state)),
                *("--callback-url", f"http://127.0.0.1:{self.port}/wecom/callback/"),
            ],
        )

    def _wait_until_healthy(self) -> None:
        say("waiting for web, workers and beat")
        deadline = time.monotonic() + 120
        down: object = "no answer"
        while time.monotonic() < deadline and not self.stopping.is_set():
            self._revive()
            try:
                with urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=5):
                    return
            except URLError as error:
                body = getattr(error, "read", lambda: b"")()
                down = json.loads(body)["components"] if body.startswith(b"{") else error
            except OSError as error:
                down = error
            time.sleep(0.2)
        if not self.stopping.is_set():
            raise CannotStart(f"not everything came up in two minutes: {down}")

    def _watch(self) -> int:
        while not self.stopping.wait(0.5):
            self._revive()
            for server in self.servers:
                if server.process is not None and server.process.poll() is not None:
                    say(f"{type(server).__name__} ended; starting it again")
                    server.start()
        return 0

    def _revive(self) -> None:
        now = time.monotonic()
        for child in self.children:
            if child.process is not None and child.process.poll() is not None:
                code, child.process = child.process.returncode, None
                child.ended_at.append(now)
                if child.keeps_ending(now):
                    raise CannotStart(
                        f"{child.name} ended {_RESTARTS_FORGIVEN} times in a short while "
                        f"(last exit code {code}); its last lines stand above"
                    )
                pause = 2.0 ** (len(child.ended_at) - 1) - 1
                say(f"{child.name} ended with {code}; starting it again in {pause:.0f} s")
                child.start_again_at = now + pause
            if child.process is None and now >= child.start_again_at and not self.stopping.is_set():
                child.start(self.env)

    def _stop_all(self) -> None:
        self.stopping.set()
        say("stopping; the data stays in " + str(self.home.root))
        running = [c for c in reversed(self.children) if c.process is not None]
        for child in running:
            if child.process is not None and child.process.poll() is None:
                child.process.terminate()
        for child in running:
            if child.process is not None:
                stop(child.process, signum=signal.SIGTERM, patience=child.patience)
        for server in reversed(self.servers):
            server.stop()

    # -- helpers ------------------------------------------------------------------------------
    def _manage(self, *arguments: str) -> str:
        """Run a management command to its end and give what it printed; raise when it fails."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.env,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise CannotStart(f"manage.py {arguments[0]} failed:\n{done.stdout}{done.stderr}")
        return done.stdout

    def _fill_demo(self) -> None:
        """Bring the simulated world in the way a brand would: order import, sync, figures."""
        marker = self.home.root / "demo-filled"
        if marker.exists():
            return
        orders = self.home.root / "demo-orders.csv"
        try:
            say("demo: importing the shop's order export")
            address = f"http://127.0.0.1:{self.simulator_port}/sim/orders.csv"
            with urlopen(address, timeout=60) as export:
                orders.write_bytes(export.read())
            # Before the customers: their first stage then already knows what they bought.
            self._manage("import_orders", str(orders), "--source", "demo-shop")
            say("demo: syncing the simulated world through its API")
            self._manage("sync", "--full")
            self._manage("fill_demo")
            say("demo: computing value, repurchase and churn")
            self._manage("refresh_metrics", "--rebuild")
        except (CannotStart, OSError) as error:
            if not self.stopping.is_set():
                say(f"demo: {error}")
            return
        marker.touch()
        say("demo: ready")

    def _announce(self, login: str, seconds: float) -> None:
        lines = [f"SCRM is ready after {seconds:.1f} s:  http://127.0.0.1:{self.port}/"]
        if login:
            lines.append(login)
        if self.is_simulated:
            lines.append(f"Simulated WeCom:  http://127.0.0.1:{self.simulator_port}/sim/")
        lines.append("Ctrl-C stops everything; the data stays.")
        width = max(len(line) for line in lines)
        print("─" * width, *lines, "─" * width, sep="\n", flush=True)


def say(line: str) -> None:
    print(f"[scrm] {line}", flush=True)


def _relay(name: str, process: subprocess.Popen[bytes]) -> None:
    if process.stdout is None:
        return
    for line in process.stdout:
        sys.stdout.write(f"[{name}] {line.decode(errors='replace')}")
        sys.stdout.flush()


@contextmanager
def only_one(home: Home) -> Iterator[None]:
    """Hold the home's lock; the system drops it with the process, so it can't go stale."""
    home.root.mkdir(parents=True, exist_ok=True)
    with (home.root / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            running = home.runtime()
            raise CannotStart(
                f"already running as process {running.get('pid')}: "
                f"http://127.0.0.1:{running.get('port')}/  (state in {home.root})"
            ) from None
        yield


def _require_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise CannotStart(
                f"port {port} is in use by another program: stop it, or choose another port with "
                f"`make run PORT={port + 10}`"
            ) from None


def _free_port(first: int) -> int:
    for port in range(first, first + 50):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise CannotStart(f"no free port between {first} and {first + 50} for the simulator")


def _port() -> int:
    text = os.environ.get("PORT", "8000")
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise CannotStart(f"PORT={text!r}: write a port number, such as 8000")
    return int(text)


def main() -> int:
    read_env_file()
    home = Home.from_environment()
    try:
        port = _port()
        with only_one(home):
            _require_free(port)
            simulator_port = _free_port(int(os.environ.get("SCRM_SIMULATOR_PORT") or port + 1))
            supervisor = Supervisor(home, port=port, simulator_port=simulator_port)
            for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(signum, supervisor.request_stop)
            home.write_runtime({"pid": os.getpid(), "port": port, "simulator_port": simulator_port})
            return supervisor.run()
    except (CannotStart, EmbeddedServerError) as problem:
        print(f"[scrm] cannot run: {problem}", file=sys.stderr, flush=True)
        return 1


if __name__ == "__main__":
    sys.exit(main())
