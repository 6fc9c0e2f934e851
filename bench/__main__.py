"""`make bench`: run every benchmark of this folder, one after the other."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path


def main() -> None:
    here = Path(__file__).parent
    for file in sorted(here.glob("*.py")):
        if file.stem.startswith("_"):
            continue
        print(f"== {file.stem}", flush=True)
        sys.argv = [str(file)]
        runpy.run_module(f"bench.{file.stem}", run_name="__main__")


if __name__ == "__main__":
    main()
