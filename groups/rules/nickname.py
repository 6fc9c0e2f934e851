"""Take a nickname apart (群昵称规则): “小雨-油皮-初级” is made of three parts."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from enum import Enum

PARTS_LIMIT = 6


class Problem(Enum):
    """Why a nickname does not follow its rule."""

    TOO_FEW = "too_few"
    TOO_MANY = "too_many"
    EMPTY_PART = "empty_part"


@dataclass(frozen=True, slots=True)
class Parsed:
    """The parts of a nickname, or what is wrong with it (then `parts` are as far as found)."""

    parts: tuple[str, ...]
    problem: Problem | None = None


def parse(nickname: str, *, separators: str, parts: int) -> Parsed:
    """Split at any of `separators`; full-width and half-width forms count as the same.

    A run of blanks is one separator when a blank is among them; every other one counts by itself.
    """
    text, marks = unicodedata.normalize("NFKC", nickname).strip(), set(key_marks(separators))
    pieces, piece = [], ""
    for letter in text:
        if letter in marks:
            pieces.append(piece)
            piece = ""
        else:
            piece += letter
    pieces.append(piece)
    found = [piece.strip() for piece in pieces]
    if " " in marks:  # a blank beside another separator, or a second one, divides nothing
        found = [piece for piece in found if piece] or [""]
    if len(found) < parts:
        return Parsed(tuple(found), Problem.TOO_FEW)
    if len(found) > parts:
        return Parsed(tuple(found), Problem.TOO_MANY)
    if not all(found):
        return Parsed(tuple(found), Problem.EMPTY_PART)
    return Parsed(tuple(found))


def key_marks(separators: str) -> str:
    """The separators as they look in a nickname that is normalised."""
    return "".join(dict.fromkeys(unicodedata.normalize("NFKC", separators)))


def key_of(value: str) -> str:
    """What two spellings of one value have in common: width, case and blanks do not count."""
    return "".join(unicodedata.normalize("NFKC", value).casefold().split())
