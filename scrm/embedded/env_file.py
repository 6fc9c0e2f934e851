"""The `.env` file beside manage.py: settings for people who do not want to export variables."""

from __future__ import annotations

import os
from pathlib import Path

import environ

_DEFAULT = Path(__file__).resolve().parents[2] / ".env"


def read_env_file() -> None:
    """Take what `.env` says into the environment; what is there already stays as it is.

    `SCRM_ENV_FILE` names another file; empty means none.
    """
    path = Path(os.environ.get("SCRM_ENV_FILE", str(_DEFAULT)))
    if path.is_file():
        environ.Env.read_env(path)
