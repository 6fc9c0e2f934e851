"""`make bench`: run every benchmark of this folder, one after the other."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def main() -> int:
    """Each in a process of its own; exit 1 when any of them says that it missed its mark."""
    here = Path(__file__).parent
    failed = []
    for file in sorted(here.glob("[!_]*.py")):
        print(f"== {file.stem}", flush=True)
        if subprocess.run([sys.executable, "-m", f"bench.{file.stem}"], check=False).returncode:
            failed.append(file.stem)
    if failed:
        print(f"missed: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
