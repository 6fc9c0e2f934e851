"""The brand itself: departments, shops and staff (组织架构)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scrm.simulator.corp import Corp
from scrm.simulator.world import names
from scrm.simulator.world.chance import picks

CONTACTS_PER_STAFF, LEAST_STAFF, STAFF_PER_STORE = 150, 4, 8
RETAIL, ONLINE, FIRST_STORE = 2, 3, 10
_LETTERS = [
    "wang",
    "li",
    "zhang",
    "liu",
    "chen",
    "yang",
    "zhao",
    "huang",
    "zhou",
    "wu",
    "xu",
    "sun",
    "hu",
    "zhu",
    "gao",
    "lin",
    "he",
    "guo",
    "ma",
    "luo",
    "liang",
    "song",
    "zheng",
    "xie",
    "han",
    "tang",
    "feng",
    "yu",
    "dong",
    "xiao",
    "cheng",
    "cao",
    "yuan",
    "deng",
    "xu",
    "fu",
    "shen",
    "zeng",
    "peng",
    "lv",
]


@dataclass(frozen=True, slots=True)
class Organisation:
    """`sellers`: userids of those who have customers; `stores`: their shop's number."""

    sellers: list[str]
    stores: list[int]


def add_organisation(
    corp: Corp, rng: np.random.Generator, contacts: int, _since: int
) -> Organisation:
    """About one staff member for 150 contacts; the last one is new and has no customer yet."""
    count = max(LEAST_STAFF, round(contacts / CONTACTS_PER_STAFF))
    store_count = max(2, round(count / STAFF_PER_STORE))
    corp.on_department(department_id=RETAIL, name="直营零售部", parent_id=1, order=99_999_000)
    corp.on_department(department_id=ONLINE, name="电商私域部", parent_id=1, order=99_998_000)
    for store in range(store_count):
        corp.on_department(
            department_id=FIRST_STORE + store,
            name=_store_name(store),
            parent_id=RETAIL,
            order=99_990_000 - store * 100,
        )
    surnames = rng.integers(0, len(names.SURNAMES), count).tolist()
    given = picks(rng, names.GIVEN, count)
    sellers, stores = [], []
    for number, (surname, name) in enumerate(zip(surnames, given, strict=True)):
        store = number % store_count
        userid = f"{_LETTERS[surname]}{number + 1:03d}"
        is_online = number % 5 == 3
        corp.on_staff(
            userid=userid,
            name=names.SURNAMES[surname] + name,
            departments=[ONLINE] if is_online else [FIRST_STORE + store],
            position="店长" if number < store_count else names.POSITIONS[1 + number % 5],
            status=1,
            follows=True,
        )
        if number < store_count and not is_online:
            corp.departments[FIRST_STORE + store].leaders = [userid]
        sellers.append(userid)
        stores.append(store)
    return Organisation(sellers[:-1], stores[:-1])


def _store_name(number: int) -> str:
    city = names.CITIES[number % len(names.CITIES)]
    street = names.STREETS[(number + number // len(names.CITIES)) % len(names.STREETS)]
    round_number = number // (len(names.CITIES) * len(names.STREETS))
    return f"{city}{street}店" + (str(round_number + 1) if round_number else "")
