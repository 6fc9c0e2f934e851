"""What people type into fields."""

from __future__ import annotations


def one_line(text: str) -> str:
    """A name or a note as one line: spaces and breaks in a row are one space, none at the ends, and
    no NUL, which Postgres cannot keep.
    """
    return " ".join(text.replace("\0", "").split())
