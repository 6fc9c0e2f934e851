"""What can be wrong with a welcome, named by the field where it was typed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import time
from typing import Any
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from broadcasts.models import Welcome, WelcomePicture
from broadcasts.policy.message_limits import ATTACHMENTS, LINK_BYTES, MINI_BYTES, TEXT_BYTES
from broadcasts.policy.references import reference_of
from broadcasts.policy.variables import OF_WELCOME, unknown
from broadcasts.selectors.material_parts import parts_of
from broadcasts.services.welcome_pictures import MOST_BYTES as PICTURE_BYTES
from broadcasts.services.welcome_pictures import kind_of
from contacts.models import Department, Staff
from scrm.errors import InvalidInput

NAME_LENGTH, NEUTRAL_LENGTH, STATE_LENGTH, MOST_STATES = 64, 16, 64, 200
PRIORITIES = range(-100, 101)

Use = WelcomePicture.Use
Scope = Welcome.Scope


@dataclass(frozen=True)
class WelcomeDraft:
    """What an operator fills in. `attachments`: at most one link and one mini program, in WeCom's
    own form, the mini program without its cover, and items of the library. `pictures`: by use the file, or None to take the
    stored one away; a use that is not named stays as it is.
    """

    name: str
    text: str = ""
    neutral_name: str = "朋友"
    attachments: list[dict[str, Any]] = field(default_factory=list)
    scope: str = Scope.EVERYBODY
    staff: list[Staff] = field(default_factory=list)
    departments: list[Department] = field(default_factory=list)
    states: list[str] = field(default_factory=list)
    weekdays: list[int] = field(default_factory=list)
    start: time | None = None
    end: time | None = None
    priority: int = 0
    is_active: bool = True
    pictures: Mapping[str, bytes | None] = field(default_factory=dict)


def problems(draft: WelcomeDraft, *, stored: frozenset[str] = frozenset()) -> list[InvalidInput]:
    """Everything that is wrong, in the order of the form. `stored`: the uses of pictures that
    are there already.
    """
    there = {use for use in stored if draft.pictures.get(use, b"") is not None}
    there |= {use for use, content in draft.pictures.items() if content}
    return [
        *_words(draft, has_more=bool(draft.attachments) or Use.IMAGE in there),
        *_attachments(draft.attachments, has_cover=Use.COVER in there),
        *_pictures(draft.pictures),
        *_aim(draft),
        *_hours(draft),
    ]


def _words(draft: WelcomeDraft, *, has_more: bool) -> Iterator[InvalidInput]:
    if not draft.name.strip():
        yield InvalidInput(_("Give it a name."), field="name")
    if len(draft.name.strip()) > NAME_LENGTH:
        yield InvalidInput(_("The name is longer than 64 characters."), field="name")
    text = draft.text.strip()
    if not text and not has_more:
        yield InvalidInput(_("Write a text, or attach something."), field="text")
    size = len(text.encode())
    if size > TEXT_BYTES:
        message = _("The message has %(size)d bytes; WeCom takes %(most)d.")
        yield InvalidInput(message % {"size": size, "most": TEXT_BYTES}, field="text")
    for name in unknown(text, known=OF_WELCOME):
        message = _("There is no variable {%(name)s}. Choose one from the buttons.")
        yield InvalidInput(message % {"name": name}, field="text")
    if not 0 < len(draft.neutral_name.strip()) <= NEUTRAL_LENGTH:
        message = _("Write a word of at most 16 characters, such as “friend”.")
        yield InvalidInput(message, field="neutral_name")


def _attachments(attachments: list[dict[str, Any]], *, has_cover: bool) -> Iterator[InvalidInput]:
    own = [one for one in attachments if reference_of(one) is None]
    yield from _materials([one for one in attachments if one not in own])
    if len(attachments) >= ATTACHMENTS:  # the picture under the text is one, too
        message = _("Attach %(most)d things at most; WeCom takes no more.")
        yield InvalidInput(message % {"most": ATTACHMENTS - 1}, field="attachments")
    seen: list[object] = []
    for attachment in own:
        kind = attachment.get("msgtype") if isinstance(attachment, dict) else None
        body = attachment.get(str(kind)) if isinstance(attachment, dict) else None
        if kind not in {"link", "miniprogram"} or not isinstance(body, dict) or kind in seen:
            message = _("Attach one link and one mini program at most.")
            yield InvalidInput(message, field="attachments")
            return
        seen.append(kind)
        yield from _link(body) if kind == "link" else _mini(body, has_cover=has_cover)


def _materials(attachments: list[dict[str, Any]]) -> Iterator[InvalidInput]:
    try:
        parts_of(attachments)
    except InvalidInput as error:
        yield error


def _link(body: dict[str, Any]) -> Iterator[InvalidInput]:
    if not body.get("title"):
        yield InvalidInput(_("A link needs a title."), field="link_title")
    if urlsplit(str(body.get("url", ""))).scheme not in {"http", "https"}:
        message = _("The address of a link begins with https://.")
        yield InvalidInput(message, field="link_url")
    yield from _too_long(body, LINK_BYTES, prefix="link")


def _mini(body: dict[str, Any], *, has_cover: bool) -> Iterator[InvalidInput]:
    for part, message in (
        ("title", _("A mini program needs a title.")),
        ("appid", _("A mini program needs its AppID; it begins with wx.")),
        ("page", _("A mini program needs the page it opens at.")),
    ):
        if not body.get(part):
            yield InvalidInput(message, field=f"mini_{part}")
    if not has_cover:
        yield InvalidInput(_("A mini program needs a cover picture."), field="cover")
    yield from _too_long(body, MINI_BYTES, prefix="mini")


def _too_long(
    body: dict[str, Any], limits: dict[str, int], *, prefix: str
) -> Iterator[InvalidInput]:
    for part, value in body.items():
        most = limits.get(part)
        if most is None or not isinstance(value, str):
            message = _("“%(part)s” is nothing we can send.") % {"part": str(part)[:40]}
            yield InvalidInput(message, field="attachments")
        elif len(value.encode()) > most:
            message = _("This is longer than WeCom takes: %(most)d bytes.") % {"most": most}
            yield InvalidInput(message, field=f"{prefix}_{part}")


def _pictures(pictures: Mapping[str, bytes | None]) -> Iterator[InvalidInput]:
    for use, content in pictures.items():
        if use not in Use.values:
            yield InvalidInput(_("There is no such use of a picture."), field="pictures")
        elif content is not None and not kind_of(content):
            yield InvalidInput(_("Choose a JPG or PNG picture."), field=use)
        elif content is not None and len(content) > PICTURE_BYTES:
            yield InvalidInput(_("The picture is larger than 2 MB."), field=use)


def _aim(draft: WelcomeDraft) -> Iterator[InvalidInput]:
    if draft.scope not in Scope.values:
        yield InvalidInput(_("Choose whom it is for."), field="scope")
    if draft.scope == Scope.STAFF and not draft.staff:
        yield InvalidInput(_("Choose the staff members it is for."), field="staff")
    if draft.scope == Scope.DEPARTMENT and not draft.departments:
        yield InvalidInput(_("Choose the departments it is for."), field="departments")
    if draft.scope == Scope.CHANNEL:
        if not draft.states:
            message = _("Write the states of the channels it is for, one in a line.")
            yield InvalidInput(message, field="states")
        if len(draft.states) > MOST_STATES or any(len(s) > STATE_LENGTH for s in draft.states):
            message = _("At most 200 states of 64 characters each.")
            yield InvalidInput(message, field="states")


def _hours(draft: WelcomeDraft) -> Iterator[InvalidInput]:
    if any(day not in range(1, 8) for day in draft.weekdays):
        yield InvalidInput(_("Weekdays are 1 (Monday) to 7 (Sunday)."), field="weekdays")
    if (draft.start is None) != (draft.end is None):
        message = _("Give both hours, or none for the whole day.")
        yield InvalidInput(message, field="end" if draft.end is None else "start")
    elif draft.start is not None and draft.start == draft.end:
        message = _("It begins and ends at the same time. Leave both empty for the whole day.")
        yield InvalidInput(message, field="end")
    if draft.priority not in PRIORITIES:
        yield InvalidInput(_("Choose a number from -100 to 100."), field="priority")
