"""Find a Chromium for the browser tests, or bring one: Debian's, then playwright's own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find() -> str | None:
    """The path of a browser that can be driven, or None."""
    named = os.environ.get("SCRM_CHROMIUM")
    if named:
        return named if Path(named).exists() else None
    for name in NAMES:
        path = shutil.which(name)
        if path:
            return path
    return _playwrights_own()


def _playwrights_own() -> str | None:
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return None
    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def _install() -> None:
    if os.getuid() == 0 and shutil.which("apt-get"):
        print("[browser] installing Debian's chromium and a Chinese font", flush=True)
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        subprocess.run(["apt-get", "update", "-qq"], check=False, **quiet)
        subprocess.run(
            ["apt-get", "install", "-y", "-qq", "chromium", "fonts-noto-cjk"],
            check=False,
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
            **quiet,
        )
        if find():
            return
    print("[browser] asking playwright for its own chromium", flush=True)
    subprocess.run(
        [sys.executable, "-m", "playwright", "install", "chromium"], check=False, timeout=600
    )


def main() -> int:
    """Exit 0 in any case: the tests themselves say loudly what did not run."""
    if find() is None:
        _install()
    if find() is None:
        print("[browser] NO BROWSER COULD BE HAD: the browser tests will not run", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
