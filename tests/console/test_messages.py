"""Every text of the interface has its Chinese, and the compiled catalogue is the present one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def test_every_text_has_its_chinese_and_the_catalogue_is_fresh():
    check = subprocess.run(
        [sys.executable, ROOT / "scripts" / "messages.py", "--check"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert check.returncode == 0, check.stdout + check.stderr


def test_the_catalogue_is_what_the_console_speaks(operator_client):
    assert "客户列表" in operator_client.get("/contacts/").content.decode()
