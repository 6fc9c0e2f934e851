"""What the person at the keyboard is told when the product cannot start."""

from __future__ import annotations

import fcntl
import socket
import subprocess
import sys

from scrm.embedded.home import Home


def _run(tmp_path, **environment):
    return subprocess.run(
        [sys.executable, "-m", "scrm.embedded.supervisor"],
        env={"PATH": "/usr/bin:/bin", "SCRM_HOME": str(tmp_path), **environment},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_a_port_in_use_is_named_with_a_way_out(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = _run(tmp_path, PORT=str(port))
    assert done.returncode == 1
    assert f"port {port} is in use" in done.stderr
    assert "make run PORT=" in done.stderr


def test_a_second_start_says_where_the_first_one_runs(tmp_path):
    home = Home(tmp_path)
    home.write_runtime({"pid": 4711, "port": 8123})
    with (tmp_path / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = _run(tmp_path)
    assert done.returncode == 1
    assert "already running as process 4711: http://127.0.0.1:8123/" in done.stderr


def test_a_port_that_is_no_number_is_refused(tmp_path):
    done = _run(tmp_path, PORT="eighty")
    assert done.returncode == 1
    assert "PORT='eighty'" in done.stderr


def test_the_env_file_is_read_and_exported_values_win(tmp_path):
    file = tmp_path / "settings.env"
    file.write_text("PORT=eighty\nSCRM_DEMO=0\n")
    assert "PORT='eighty'" in _run(tmp_path, SCRM_ENV_FILE=str(file)).stderr
    assert "PORT='ninety'" in _run(tmp_path, SCRM_ENV_FILE=str(file), PORT="ninety").stderr
