"""The order in which a world comes to be, and the list of buyers it may be made for."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import numpy as np

from scrm.simulator.clock import BEIJING
from scrm.simulator.corp import Corp
from scrm.simulator.world.gatherings import add_groups
from scrm.simulator.world.organisation import add_organisation
from scrm.simulator.world.people import add_people
from scrm.simulator.world.relations import add_relations
from scrm.simulator.world.sales import add_orders, draw_orders

_YEARS = 2
_YEAR = 365 * 86_400


@dataclass(frozen=True, slots=True)
class Buyers:
    """Whose world it shall be: one contact for each id, which becomes the unionid."""

    ids: Sequence[str]


def build(
    corp: Corp,
    *,
    contacts: int,
    seed: int = 1,
    today: date | None = None,
    buyers: Buyers | None = None,
) -> None:
    """Fill an empty corp with `contacts` customers and everything around them.

    Everything happened in the two years before `today` (Beijing) began. With `buyers` there
    is exactly one contact for each of them, nobody has left, and the shop has no orders: the
    list they come from has. Raises ValueError when the corp is not empty.
    """
    if corp.contacts or corp.staff:
        raise ValueError("only an empty corp can be built")
    day = today or corp.clock.now().date()
    until = int(datetime(day.year, day.month, day.day, tzinfo=BEIJING).timestamp())
    count = len(buyers.ids) if buyers else contacts
    rng = np.random.default_rng([seed, count, day.toordinal()])
    since = until - _YEARS * _YEAR
    with corp.lock:
        organisation = add_organisation(corp, rng, count, since)
        people = add_people(corp, rng, count, buyers.ids if buyers else None)
        added = _acquisition(rng, count, since, until)
        sales = None if buyers else draw_orders(rng, added, until)
        relations = add_relations(
            corp,
            rng,
            organisation,
            people,
            added,
            until,
            orders=None if sales is None else sales.per_person(count),
        )
        add_groups(corp, rng, organisation, relations, until, strangers=buyers is None)
        if sales is not None:
            add_orders(corp, rng, people, relations, sales, until)


def read_buyers(path: Path, column: str) -> Buyers:
    """The distinct values of one column of a CSV (also .gz), in order of appearance.

    Raises ValueError when the file has no such column or no value in it.
    """
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file)
        if column not in (rows.fieldnames or ()):
            raise ValueError(f"{path} has no column {column!r}")
        ids = list(dict.fromkeys(row[column] for row in rows if row[column]))
    if not ids:
        raise ValueError(f"{path} has no value in column {column!r}")
    return Buyers(ids)


def _acquisition(
    rng: np.random.Generator, count: int, since: int, until: int
) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """When each contact was added: a little more every month, in the daytime, oldest first."""
    days = (until - since) // 86_400
    day = np.floor(days * rng.random(count) ** 0.85).astype(np.int64)
    second = (np.clip(rng.normal(15.5, 3.2, count), 8.5, 22.9) * 3600).astype(np.int64)
    return np.sort(since + day * 86_400 + second)
