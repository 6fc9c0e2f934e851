"""The customers as persons: names, ids, phones (客户)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scrm.simulator.corp import Corp
from scrm.simulator.records import Contact
from scrm.simulator.world import names
from scrm.simulator.world.chance import ids, picks, weighted

WECOM_SHARE = 0.01
_EMPLOYERS = ("蜀香餐饮", "锦江设计", "江南文化", "远山旅行", "朴石酒店")


@dataclass(frozen=True, slots=True)
class People:
    """Parallel to the persons drawn: their records and what they like to drink."""

    contacts: list[Contact]
    taste: NDArray[np.int64]


def add_people(
    corp: Corp, rng: np.random.Generator, count: int, unionids: Sequence[str] | None
) -> People:
    """`count` persons; one in a hundred uses WeCom instead of WeChat, unless `unionids`
    says who they are."""
    contacts = draw_contacts(
        rng, count, unionids=unionids, wecom_share=0.0 if unionids else WECOM_SHARE
    )
    corp.contacts.update((contact.external_userid, contact) for contact in contacts)
    return People(contacts, weighted(rng, (0.3, 0.22, 0.22, 0.12, 0.14), count))


def draw_contacts(
    rng: np.random.Generator,
    count: int,
    *,
    unionids: Sequence[str] | None = None,
    wecom_share: float = 0.0,
) -> list[Contact]:
    """Persons nobody follows yet."""
    keys = ids(rng, "", count)
    made_unionids = unionids or ids(rng, "oz", count, 26)
    genders = weighted(rng, (0.15, 0.3, 0.55), count).tolist()
    digits = rng.integers(0, 10**8, count).tolist()
    prefixes = picks(rng, ("138", "139", "150", "158", "186", "199"), count)
    uses_wecom = (rng.random(count) < wecom_share).tolist()
    contacts = []
    # Nobody has a picture: an invented address would send every browser out to look for it.
    for place, name in enumerate(_names(rng, count)):
        contact = Contact(
            f"{'wo' if uses_wecom[place] else 'wm'}{keys[place]}",
            name,
            gender=genders[place],
            unionid=made_unionids[place],
            phone=f"{prefixes[place]}{digits[place]:08d}",
        )
        if uses_wecom[place]:
            contact.kind, contact.unionid = 2, ""
            contact.corp_name = _EMPLOYERS[digits[place] % len(_EMPLOYERS)]
            contact.position = "采购"
        contacts.append(contact)
    return contacts


def _names(rng: np.random.Generator, count: int) -> list[str]:
    """微信昵称: more often invented than real."""
    real = (rng.random(count) < 0.35).tolist()
    surnames = picks(rng, names.SURNAMES, count)
    given, nicknames = picks(rng, names.GIVEN, count), picks(rng, names.NICKNAMES, count)
    emoji = picks(rng, names.EMOJI, count)
    return [
        surname + own if is_real else nickname + sign
        for is_real, surname, own, nickname, sign in zip(
            real, surnames, given, nicknames, emoji, strict=True
        )
    ]
