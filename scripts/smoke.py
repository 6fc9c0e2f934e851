"""Does `make run` come up on the runtime packages alone, and go down on Ctrl-C? For CI."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    """Exit 0 when `/healthz` answered 200 and every process ended within 60 s of the signal."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="scrm-smoke-") as home:
        Path(home).chmod(0o755)
        environment = {**os.environ, "PORT": str(port), "SCRM_HOME": home, "SCRM_DEMO": "0"}
        began = time.monotonic()
        run = subprocess.Popen(["make", "run"], cwd=ROOT, env=environment, start_new_session=True)
        try:
            _wait(port, run)
            print(f"[smoke] healthy after {time.monotonic() - began:.1f} s", flush=True)
        finally:
            os.killpg(run.pid, signal.SIGINT)
            run.wait(60)
    return 0


def _wait(port: int, run: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        if run.poll() is not None:
            sys.exit(f"[smoke] make run ended with {run.returncode}")
        try:
            with urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5):
                return
        except (URLError, OSError):
            time.sleep(0.5)
    sys.exit("[smoke] /healthz did not answer 200 in five minutes")


if __name__ == "__main__":
    sys.exit(main())
