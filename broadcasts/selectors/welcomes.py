"""The welcomes in force, and which one somebody gets (欢迎语匹配)."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext as _

from broadcasts.models import Welcome, WelcomePicture
from broadcasts.policy.welcome import Newcomer, WelcomeRule, ranked
from broadcasts.policy.welcome_text import MOST_BYTES, fill
from contacts.models import Department, Staff

# WeCom keeps an uploaded file three days; one that is about to end is not offered any more.
MEDIA_LIVES = timedelta(days=3)
MEDIA_MARGIN = timedelta(minutes=10)
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


_WITHOUT_FILES = Prefetch("pictures", WelcomePicture.objects.defer("content"))


def live_welcomes() -> QuerySet[Welcome]:
    """Every welcome that was not deleted, the most specific kinds last."""
    return Welcome.objects.filter(is_archived=False).prefetch_related(
        "staff", "departments", _WITHOUT_FILES
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

    Pictures whose media id has ended, or all of them when `is_bare`, are left out, and a mini
    program with its cover: a welcome without its picture is better than none.
    """
    neutral = welcome.neutral_name
    adviser = staff or _("your adviser")
    text = fill(welcome.text, customer=customer or neutral, staff=adviser)
    if len(text.encode()) > MOST_BYTES:
        text = fill(welcome.text, customer=neutral, staff=_("your adviser"))
    media = {} if is_bare else usable_media(welcome, now)
    attachments = [
        whole for part in welcome.attachments if (whole := _with_cover(part, media)) is not None
    ]
    if "image" in media:
        attachments.append({"msgtype": "image", "image": {"media_id": media["image"]}})
    return Content(text=text, attachments=attachments, has_pictures=bool(media))


def usable_media(welcome: Welcome, now: datetime) -> dict[str, str]:
    """The media ids that WeCom still takes, by use."""
    since = now - MEDIA_LIVES + MEDIA_MARGIN
    return {
        picture.use: picture.media_id
        for picture in welcome.pictures.all()
        if picture.uploaded_at is not None and picture.uploaded_at > since
    }


def _with_cover(part: dict[str, Any], media: dict[str, str]) -> dict[str, Any] | None:
    if part["msgtype"] != "miniprogram":
        return part
    if "cover" not in media:
        return None
    return {**part, "miniprogram": {**part["miniprogram"], "pic_media_id": media["cover"]}}
