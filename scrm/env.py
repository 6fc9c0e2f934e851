"""Read settings from the environment; a bad value stops the start with the variable's name."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from secrets import token_urlsafe

from django.core.exceptions import ImproperlyConfigured

_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off"})


def env_str(name: str, default: str = "") -> str:
    return os.environ.get(name, "").strip() or default


def env_bool(name: str, *, default: bool) -> bool:
    """`1 true yes on` or `0 false no off`; raises ImproperlyConfigured on anything else."""
    value = env_str(name).lower()
    if not value:
        return default
    if value in _TRUE:
        return True
    if value in _FALSE:
        return False
    raise ImproperlyConfigured(f"{name}={value!r}: write 1 or 0")


def env_int(name: str, default: int, *, least: int = 0) -> int:
    """A whole number of at least `least`; raises ImproperlyConfigured otherwise."""
    value = env_str(name)
    if not value:
        return default
    try:
        number = int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name}={value!r}: write a whole number") from None
    if number < least:
        raise ImproperlyConfigured(f"{name}={number}: at least {least}")
    return number


def env_choice(name: str, choices: tuple[str, ...]) -> str:
    """One of `choices`, the first unless set; raises ImproperlyConfigured on anything else."""
    value = env_str(name, choices[0]).lower()
    if value not in choices:
        raise ImproperlyConfigured(f"{name}={value!r}: write one of {', '.join(choices)}")
    return value


def env_list(name: str, default: tuple[str, ...] = ()) -> list[str]:
    """Values separated by commas."""
    value = env_str(name)
    return [part.strip() for part in value.split(",") if part.strip()] if value else list(default)


def env_secret(name: str, *, kept_in: Path) -> str:
    """The variable, else a random value made once and kept in the file `kept_in` (mode 0600)."""
    value = env_str(name)
    if value:
        return value
    try:
        return kept_in.read_text().strip()
    except FileNotFoundError:
        pass
    kept_in.parent.mkdir(parents=True, exist_ok=True)
    made = kept_in.with_name(f"{kept_in.name}.{os.getpid()}")
    with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(token_urlsafe(50))
    # A link appears whole or not at all; of several processes the first one's value stays.
    with suppress(FileExistsError):
        kept_in.hardlink_to(made)
    made.unlink()
    return kept_in.read_text().strip()
