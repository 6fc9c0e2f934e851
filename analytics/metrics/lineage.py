"""Which tables and columns each figure is read from (数据血缘), as found by `analytics.board.lineage`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

FILE = Path(__file__).with_name("lineage.json")

# Table → columns, both in alphabetical order.
Lineage: TypeAlias = dict[str, list[str]]


@dataclass(frozen=True)
class Source:
    """One table with the columns that are read; a table of sums has `made_from`."""

    table: str
    columns: tuple[str, ...]
    made_from: tuple[Source, ...] = ()


@cache
def known() -> dict[str, Any]:
    """The whole file."""
    found: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return found


def sources(metric: str) -> list[Source]:
    """Of one figure; empty for one that is not read from tables of ours alone."""
    tables = known()["tables"]
    return [
        Source(table, tuple(columns), _of(tables.get(table, {})))
        for table, columns in known()["figures"].get(metric, {}).items()
    ]


def _of(lineage: Lineage) -> tuple[Source, ...]:
    return tuple(Source(table, tuple(columns)) for table, columns in lineage.items())
