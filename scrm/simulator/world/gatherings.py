"""Customer groups of the world: owners, members, strangers (客户群)."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from scrm.simulator.corp import Corp
from scrm.simulator.groups import BY_LINK, BY_QR_CODE, INVITED
from scrm.simulator.records import GroupChat
from scrm.simulator.world import names
from scrm.simulator.world.chance import ids, picks, weighted
from scrm.simulator.world.organisation import Organisation
from scrm.simulator.world.people import draw_contacts
from scrm.simulator.world.relations import Relations

CONTACTS_PER_GROUP = 60
_STRANGER_SHARE = 0.04


def add_groups(
    corp: Corp,
    rng: np.random.Generator,
    organisation: Organisation,
    relations: Relations,
    until: int,
    *,
    strangers: bool,
) -> None:
    """About one group for 60 contacts, filled mostly with the owner's own customers."""
    count = round(len(relations.contacts) / CONTACTS_PER_GROUP)
    own = defaultdict(list)
    for person, seller in enumerate(relations.seller.tolist()):
        own[seller].append(person)
    earliest = int(relations.added[0]) if len(relations.added) else until
    chat_ids = ids(rng, "wr", count)
    for number in range(count):
        owner = int(rng.integers(0, len(organisation.sellers)))
        created = earliest + int(rng.random() * (until - earliest) * 0.9)
        theme = names.GROUP_THEMES[number % len(names.GROUP_THEMES)]
        userid = organisation.sellers[owner]
        helper = organisation.sellers[(owner + 1) % len(organisation.sellers)]
        corp.on_group(
            chat_id=chat_ids[number],
            name=f"云岭{theme}{number + 1}群",
            owner=userid,
            at=created,
            notice="每周五晚八点茶会，勿发广告" if number % 3 == 0 else "",
            admins=[helper],
            members=[
                {"member_id": userid, "kind": 1, "joined_at": created},
                {"member_id": helper, "kind": 1, "joined_at": created + 5, "invitor": userid},
            ],
        )
        size = int(rng.integers(15, 90))
        members = _choose(rng, own[owner], len(relations.contacts), size)
        _fill(corp, rng, corp.chats[chat_ids[number]], relations, members, until)
        if strangers:
            _add_strangers(corp, rng, corp.chats[chat_ids[number]], size, until)


def _choose(rng: np.random.Generator, own: list[int], everybody: int, size: int) -> list[int]:
    """Two thirds of the owner's customers, the rest from anywhere; nobody twice."""
    near: list[int] = rng.permutation(own)[: round(size * 0.67)].tolist() if own else []
    far: list[int] = rng.integers(0, everybody, size - len(near)).tolist()
    return list(dict.fromkeys([*near, *far]))


def _fill(
    corp: Corp,
    rng: np.random.Generator,
    chat: GroupChat,
    relations: Relations,
    members: list[int],
    until: int,
) -> None:
    count = len(members)
    scenes = weighted(rng, (0.35, 0.15, 0.5), count).tolist()
    wait = rng.exponential(25 * 86_400, count)
    earliest = np.maximum(relations.added[members], chat.created_at)
    joined = np.minimum(earliest + wait.astype(np.int64), until).tolist()
    skins, stages = picks(rng, names.SKINS, count), picks(rng, names.STAGES, count)
    has_nickname = (rng.random(count) < 0.4).tolist()
    for place, person in enumerate(members):
        contact = relations.contacts[person]
        scene = (INVITED, BY_LINK, BY_QR_CODE)[scenes[place]]
        corp.on_join(
            chat_id=chat.chat_id,
            member_id=contact.external_userid,
            kind=2,
            joined_at=joined[place],
            scene=scene,
            invitor=chat.owner if scene == INVITED else "",
            nickname=(
                f"{contact.name}+{skins[place]}+{stages[place]}" if has_nickname[place] else ""
            ),
            state="poster" if scene == BY_QR_CODE and place % 3 == 0 else "",
        )


def _add_strangers(
    corp: Corp, rng: np.random.Generator, chat: GroupChat, size: int, until: int
) -> None:
    """People in the group whom no staff member follows."""
    for contact in draw_contacts(rng, int(rng.binomial(size, _STRANGER_SHARE))):
        corp.contacts[contact.external_userid] = contact
        joined = chat.created_at + int(rng.random() * (until - chat.created_at))
        corp.on_join(
            chat_id=chat.chat_id,
            member_id=contact.external_userid,
            kind=2,
            joined_at=joined,
            scene=BY_LINK,
        )
