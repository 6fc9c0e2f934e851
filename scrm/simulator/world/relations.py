"""Who follows whom, since when, by which way, with which tags (跟进关系)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scrm.simulator.clock import moment
from scrm.simulator.corp import Corp
from scrm.simulator.records import CONTACT, STAFF, Contact, Follow
from scrm.simulator.world import names
from scrm.simulator.world.chance import ids, weighted
from scrm.simulator.world.organisation import Organisation
from scrm.simulator.world.people import People

SECOND_FOLLOWER, THIRD_FOLLOWER, ENDED = 0.08, 0.015, 0.03
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Relations:
    """Parallel to the persons: the first relation of each, and when it began."""

    contacts: list[Contact]
    seller: Ints
    added: Ints


@dataclass(frozen=True, slots=True)
class Library:
    """The tag ids of the world, by the words they stand for."""

    level: list[str]
    source: list[str]
    taste: list[str]
    birthday: list[str]


def add_relations(
    corp: Corp,
    rng: np.random.Generator,
    organisation: Organisation,
    people: People,
    added: Ints,
    until: int,
    *,
    orders: Ints | None,
) -> Relations:
    """One relation for everybody, a second and third for some; a few are over.

    Tags follow the number of orders of each person (`orders`, parallel to the people). Without
    orders the people come from outside, and nobody of them has left.
    """
    count = len(people.contacts)
    library = _add_library(corp, rng, int(added[0]) if count else until)
    seller = rng.integers(0, len(organisation.sellers), count)
    source = weighted(rng, [share for _tag, _way, share, _state in names.SOURCES], count)
    rows = _Rows(corp, rng, organisation, people, until, losses=orders is not None)
    rows.tags = _tags(rng, library, people, source, orders)
    rows.add(np.arange(count), seller, source, added)
    for share in (SECOND_FOLLOWER, THIRD_FOLLOWER):
        chosen = np.flatnonzero(rng.random(count) < share)
        # A later colleague: never the same one twice for one person.
        step = rng.integers(1, max(2, len(organisation.sellers)), len(chosen))
        other = (seller[chosen] + step) % len(organisation.sellers)
        later = added[chosen] + (rng.random(len(chosen)) * (until - added[chosen])).astype(int)
        way = np.full(len(chosen), len(names.SOURCES) - 1)
        rows.add(chosen, other, way, later)
    return Relations(people.contacts, seller, added)


class _Rows:
    """Writes relations into the corp, many at a time."""

    def __init__(
        self,
        corp: Corp,
        rng: np.random.Generator,
        organisation: Organisation,
        people: People,
        until: int,
        *,
        losses: bool,
    ) -> None:
        self._corp, self._rng = corp, rng
        self._organisation, self._people = organisation, people
        self._until, self._losses = until, losses
        self.tags: list[list[str]] = []

    def add(self, persons: Ints, sellers: Ints, sources: Ints, added: Ints) -> None:
        rng, count = self._rng, len(persons)
        lost = rng.random(count) < (ENDED if self._losses else 0.0)
        by_staff = rng.random(count) < 0.2
        ended = added + (rng.random(count) * (self._until - added)).astype(np.int64)
        knows_phone = rng.random(count) < 0.25
        columns = zip(
            persons.tolist(),
            sellers.tolist(),
            sources.tolist(),
            added.tolist(),
            lost.tolist(),
            by_staff.tolist(),
            ended.tolist(),
            knows_phone.tolist(),
            strict=True,
        )
        for person, seller, source, at, is_lost, staff_did, ended_at, phone in columns:
            follow = self._follow(person, seller, source, at, phone=phone)
            if follow is not None and is_lost:
                follow.ended_at, follow.ended_by = ended_at, STAFF if staff_did else CONTACT

    def _follow(
        self, person: int, seller: int, source: int, at: int, *, phone: bool
    ) -> Follow | None:
        contact = self._people.contacts[person]
        userid = self._organisation.sellers[seller]
        if userid in self._corp.followers.get(contact.external_userid, {}):
            return None
        _tag, way, _share, pattern = names.SOURCES[source]
        state = pattern.format(
            store=f"{self._organisation.stores[seller]:02d}", month=f"{moment(at):%m}"
        )
        self._corp.on_follow(
            userid=userid,
            external_userid=contact.external_userid,
            at=at,
            add_way=way,
            state=state,
            remark=contact.name,
        )
        follow = self._corp.followers[contact.external_userid][userid]
        follow.tag_ids = list(self.tags[person])
        if phone or contact.kind == 2:
            follow.mobiles = [contact.phone]
        return follow


def _add_library(corp: Corp, rng: np.random.Generator, at: int) -> Library:
    made = []
    sources = tuple(tag for tag, _way, _share, _state in names.SOURCES)
    groups = (
        ("客户等级", names.LEVELS),
        ("来源渠道", sources),
        ("口味偏好", names.TASTES),
        ("生日月份", names.MONTHS),
    )
    # The others were made by an administrator in WeCom: the API may not change them.
    by_our_app = {"客户等级", "口味偏好"}
    for place, (name, words) in enumerate(groups):
        keys = ids(rng, "et", len(words) + 1)
        corp.on_tag_group(
            group_id=keys[0],
            name=name,
            order=(len(groups) - place) * 10,
            at=at,
            tags=[
                [key, word, len(words) - number]
                for number, (key, word) in enumerate(zip(keys[1:], words, strict=True))
            ],
            by_app=name in by_our_app,
        )
        made.append(keys[1:])
    return Library(*made)


def _tags(
    rng: np.random.Generator,
    library: Library,
    people: People,
    source: Ints,
    orders: Ints | None,
) -> list[list[str]]:
    """Staff tag whom they know: the more orders, the surer the tag and the higher the level."""
    count = len(people.contacts)
    bought = np.zeros(count, dtype=np.int64) if orders is None else orders
    wish = bought + rng.normal(0, 0.7, count)
    level = np.select([wish >= 1.8, wish >= 0.6], [0, 1], 2)
    has_level = rng.random(count) < np.where(bought > 0, 0.85, 0.5)
    has_taste = rng.random(count) < np.where(bought > 0, 0.6, 0.2)
    has_source, has_month = rng.random(count) < 0.9, rng.random(count) < 0.3
    month = rng.integers(0, 12, count)
    parts = (
        (library.level, has_level, level),
        (library.source, has_source, source),
        (library.taste, has_taste, people.taste),
        (library.birthday, has_month, month),
    )
    tags: list[list[str]] = [[] for _person in range(count)]
    for words, has, which in parts:
        for person in np.flatnonzero(has).tolist():
            tags[person].append(words[int(which[person])])
    return tags
