"""Make tracked links, put them into messages, and record who opened them (雷达链接)."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.db import transaction
from django.utils.translation import gettext as _

from broadcasts.models import Broadcast, LinkClick, Material, TrackedLink
from broadcasts.models.link import CODE_LENGTH, LETTERS
from broadcasts.policy.message_limits import LINK_BYTES
from broadcasts.selectors.links import can_track, short_address, targets_in, with_addresses
from scrm.audit.services import record_act
from scrm.console.models import Operator
from scrm.errors import InvalidInput

_TITLE_LENGTH = 128


def create_link(
    *, target: str, title: str, operator: Operator | None, now: datetime
) -> TrackedLink:
    """A link of its own, to be pasted anywhere. Raises InvalidInput naming target or title."""
    if len(title.strip()) > _TITLE_LENGTH:
        raise InvalidInput(_("The title is longer than 128 characters."), field="title")
    target = target.strip()
    problem = target_problem(target)
    if problem:
        raise InvalidInput(problem, field="target")
    with transaction.atomic():
        link = TrackedLink.objects.create(
            code=new_code(), target=target, title=title.strip(), created_by=operator, created_at=now
        )
        record_act(action="link.create", operator=operator, now=now, subject=link)
    return link


def target_problem(target: str) -> str:
    """Why a link may not lead there, as a sentence; "" when it may."""
    try:
        parts = urlsplit(target)
        host = parts.hostname or ""
    except ValueError:
        host, parts = "", urlsplit("")
    if not target.startswith("https://") or "." not in host or "@" in parts.netloc:
        return _("Write the whole address; it begins with https:// and names a website.")
    if not target.isprintable() or any(character.isspace() for character in target):
        return _("The address has spaces or invisible characters in it.")
    if len(target.encode()) > LINK_BYTES["url"]:
        return _("The address is longer than 2,048 bytes.")
    return ""


def tracked(
    attachments: Sequence[Mapping[str, Any]],
    *,
    broadcast: Broadcast,
    variant: str = "",
    now: datetime,
) -> list[dict[str, Any]]:
    """Attachments in WeCom's form, each link card leading through the broadcast's own link.

    However often and from wherever it is called, a target has one link for each broadcast and
    variant. Nothing changes while customers could not open our address (no SCRM_PUBLIC_URL).
    """
    targets = [one for one in targets_in(attachments) if not target_problem(one)]
    if not can_track() or not targets:
        return [dict(one) for one in attachments]
    titles = {
        one["link"]["url"]: str(one["link"].get("title", ""))
        for one in attachments
        if one.get("msgtype") == "link"
    }
    of_library = TrackedLink.objects.filter(
        broadcast=None, material__isnull=False, target__in=targets
    )
    materials = dict(of_library.values_list("target", "material_id"))
    TrackedLink.objects.bulk_create(
        [
            TrackedLink(
                code=new_code(),
                target=target,
                title=titles[target][:_TITLE_LENGTH],
                material_id=materials.get(target),
                broadcast=broadcast,
                variant=variant,
                created_at=now,
            )
            for target in targets
        ],
        ignore_conflicts=True,
    )
    rows = TrackedLink.objects.filter(broadcast=broadcast, variant=variant, target__in=targets)
    return with_addresses(attachments, {row.target: short_address(row.code) for row in rows})


def keep_link_of(*, material: Material, target: str, title: str, now: datetime) -> None:
    """The link under which a card of the library goes out with what is no broadcast."""
    if not target_problem(target):
        TrackedLink.objects.get_or_create(
            material=material,
            broadcast=None,
            target=target,
            defaults={"code": new_code(), "title": title[:_TITLE_LENGTH], "created_at": now},
        )


def record_click(*, link: TrackedLink, contact_id: int | None, now: datetime) -> LinkClick:
    """Append one click; `contact_id` None where nobody told who it was."""
    return LinkClick.objects.create(link=link, contact_id=contact_id, at=now)


def new_code() -> str:
    """Eight letters that are not mistaken for one another: 10¹³ codes, found by no guessing."""
    return "".join(secrets.choice(LETTERS) for _place in range(CODE_LENGTH))
