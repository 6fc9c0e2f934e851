"""The welcomes in force, and which one somebody gets (欢迎语匹配)."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext as _

from broadcasts.models import Welcome
from broadcasts.policy.message_limits import TEXT_BYTES
from broadcasts.policy.variables import CUSTOMER, STAFF, fill
from broadcasts.policy.welcome import Newcomer, WelcomeRule, ranked
from broadcasts.selectors.links import with_own_links
from broadcasts.selectors.material_parts import parts_at_hand
from broadcasts.selectors.media import is_usable
from contacts.models import Department, Staff

# How old the worker's picture of the rules may be: an operator's change waits no longer.
REMEMBERED_SECONDS = 1.0


@dataclass(frozen=True)
class Content:
    """A welcome as it can be sent now. `pictures` says whether any is among the attachments."""

    text: str
    attachments: list[dict[str, Any]]
    has_pictures: bool


@dataclass(frozen=True)
class Rules:
    """The active welcomes, their rules, and the tree of departments, as read at once."""

    welcomes: dict[int, Welcome]
    rules: tuple[WelcomeRule, ...]
    parents: dict[int, int]

    def newcomer(self, *, userid: str, staff: Staff | None, state: str, at: datetime) -> Newcomer:
        return Newcomer(
            userid=userid,
            local=timezone.localtime(at, timezone.get_default_timezone()),
            state=state,
            departments=self._steps(staff.department_wecom_ids if staff else ()),
        )

    def ranked(self, newcomer: Newcomer) -> list[Welcome]:
        """The welcomes that fit, the one that wins first."""
        return [self.welcomes[rule.key] for rule in ranked(self.rules, newcomer)]

    def _steps(self, department_ids: Iterable[int]) -> dict[int, int]:
        """Departments and all above them, with the least number of steps up."""
        steps: dict[int, int] = {}
        for department_id in department_ids:
            here, up = department_id, 0
            while here and steps.get(here, up + 1) > up:
                steps[here] = up
                here, up = self.parents.get(here, 0), up + 1
        return steps


def live_welcomes() -> QuerySet[Welcome]:
    """Every welcome that was not deleted, the most specific kinds last."""
    return Welcome.objects.filter(is_archived=False).prefetch_related(
        "staff", "departments", "pictures__file"
    )


def rules() -> Rules:
    """What holds now. Five queries, whatever there is."""
    welcomes = {welcome.pk: welcome for welcome in live_welcomes().filter(is_active=True)}
    parents = dict(Department.objects.values_list("wecom_id", "parent_wecom_id"))
    return Rules(welcomes, tuple(rule_of(one) for one in welcomes.values()), parents)


class RecentRules:
    """The rules, read again when they are older than a second. Safe in threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: Rules | None = None
        self._read_at = 0.0

    def get(self) -> Rules:
        with self._lock:
            began = time.monotonic()
            if self._rules is None or began - self._read_at > REMEMBERED_SECONDS:
                self._rules, self._read_at = rules(), began
            return self._rules


def rule_of(welcome: Welcome) -> WelcomeRule:
    return WelcomeRule(
        key=welcome.pk,
        scope=welcome.scope,
        states=frozenset(welcome.states),
        userids=frozenset(member.userid.lower() for member in welcome.staff.all()),
        departments=frozenset(department.wecom_id for department in welcome.departments.all()),
        weekdays=frozenset(welcome.weekdays),
        start=welcome.start,
        end=welcome.end,
        priority=welcome.priority,
    )


def staff_named(userid: str) -> Staff | None:
    return Staff.objects.alias(key=Lower("userid")).filter(key=userid.lower()).first()


def content_of(
    welcome: Welcome, *, customer: str, staff: str, now: datetime, is_bare: bool = False
) -> Content:
    """The welcome for one customer. Names not known (empty) become neutral words.

    Files whose copy at WeCom has ended, or all of them when `is_bare`, are left out, and a mini
    program with its cover: a welcome without its picture is better than none.
    """
    neutral = {CUSTOMER.key: welcome.neutral_name, STAFF.key: _("your adviser")}
    text = fill(welcome.text, {CUSTOMER.key: customer, STAFF.key: staff}, fallbacks=neutral)
    if len(text.encode()) > TEXT_BYTES:
        text = fill(welcome.text, {}, fallbacks=neutral)
    media = {} if is_bare else usable_media(welcome, now)
    attachments, has_files = _ready(welcome, media, now=now, is_bare=is_bare)
    if "image" in media:
        attachments.append({"msgtype": "image", "image": {"media_id": media["image"]}})
    return Content(text=text, attachments=attachments, has_pictures=has_files or bool(media))


def usable_media(welcome: Welcome, now: datetime) -> dict[str, str]:
    """The media ids that WeCom still takes, by use."""
    return {
        picture.use: picture.file.media_id
        for picture in welcome.pictures.all()
        if is_usable(picture.file, now)
    }


def _ready(
    welcome: Welcome, media: dict[str, str], *, now: datetime, is_bare: bool
) -> tuple[list[dict[str, Any]], bool]:
    """What can be attached at once, and whether files of the library are in it."""
    attachments: list[dict[str, Any]] = []
    has_files = False
    for part, found in zip(welcome.attachments, parts_at_hand(welcome.attachments), strict=True):
        if found is None:  # a material that is gone
            continue
        if found.material_id is None:
            whole = _with_cover(part, media)
        elif found.file is None:
            whole = found.whole()
        else:
            is_ready = not is_bare and is_usable(found.file, now)
            whole = found.whole(found.file.media_id) if is_ready else None
            has_files = has_files or is_ready
        if whole is not None:
            attachments.append(whole)
    return with_own_links(attachments), has_files


def _with_cover(part: dict[str, Any], media: dict[str, str]) -> dict[str, Any] | None:
    if part["msgtype"] != "miniprogram":
        return part
    if "cover" not in media:
        return None
    return {**part, "miniprogram": {**part["miniprogram"], "pic_media_id": media["cover"]}}
