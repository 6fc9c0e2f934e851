"""Read the notices of WeCom (企业微信通知)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from scrm.wecom.models import CorpNotice

Kind = CorpNotice.Kind
LINK_DAYS = timedelta(days=30)
_MOST_LINKS = 50

# What somebody should do something about, and what.
ADVICE: dict[str, Promise] = {
    Kind.BALANCE_LOW: _(
        "Fewer than 20 customers can still come by acquisition links. Buy more in WeCom's admin"
        " (获客助手) before the links stop."
    ),
    Kind.BALANCE_EXHAUSTED: _(
        "Acquisition links stopped working. Buy more quota in WeCom's admin (获客助手)."
    ),
    Kind.QUOTA_EXPIRES: _("Use the quota before it expires, or buy later next time."),
    Kind.LINK_UNAVAILABLE: _(
        "Whoever opens this link finds nobody. Check that its staff are active and have the"
        " customer contact function."
    ),
    Kind.LINK_DELETED: _(
        "Somebody deleted this link in WeCom. Take it out of advertisements that still use it."
    ),
}
_BALANCE = (Kind.BALANCE_LOW, Kind.BALANCE_EXHAUSTED, Kind.BALANCE_INCREASED)
_DETAIL_WORDS = {
    "State": _("channel"),
    "UserID": _("staff"),
    "ExternalUserID": _("customer"),
    "ExpireQuotaNum": _("quota"),
    "AddUserItems": _("added staff"),
    "DelUserItems": _("removed staff"),
    "AddPartyItems": _("added departments"),
    "DelPartyItems": _("removed departments"),
    "ErrCode": _("error code"),
    "ErrMsg": _("error"),
    "JobType": _("job"),
}


@dataclass(frozen=True)
class LinkFigures:
    """One acquisition link (获客链接): what was told of it within `LINK_DAYS`."""

    link_id: str
    opened: int
    requested: int
    started: int
    wrote: int


def notices(*, kind: str = "") -> QuerySet[CorpNotice]:
    """All notices, or those of one kind, unordered."""
    found = CorpNotice.objects.all()
    return found.filter(kind=kind) if kind else found


def balance_notice() -> CorpNotice | None:
    """What stands about the acquisition quota: its newest notice, unless that is a rise."""
    newest = CorpNotice.objects.filter(kind__in=_BALANCE).order_by("-at", "-id").first()
    return None if newest is None or newest.kind == Kind.BALANCE_INCREASED else newest


def link_figures(*, now: datetime) -> list[LinkFigures]:
    """The links that were told of most."""
    told = (
        CorpNotice.objects.filter(at__gte=now - LINK_DAYS)
        .exclude(subject="")
        .filter(
            kind__in=(
                Kind.PROFILE_OPENED,
                Kind.FRIEND_REQUESTED,
                Kind.CHAT_STARTED,
                Kind.CUSTOMER_WROTE,
            )
        )
        .values("subject")
        .annotate(
            opened=Count("pk", filter=Q(kind=Kind.PROFILE_OPENED)),
            requested=Count("pk", filter=Q(kind=Kind.FRIEND_REQUESTED)),
            started=Count("pk", filter=Q(kind=Kind.CHAT_STARTED)),
            wrote=Count("pk", filter=Q(kind=Kind.CUSTOMER_WROTE)),
            told=Count("pk"),
        )
        .order_by("-told", "subject")[:_MOST_LINKS]
    )
    return [
        LinkFigures(row["subject"], row["opened"], row["requested"], row["started"], row["wrote"])
        for row in told
    ]


def advice(notice: CorpNotice) -> str | Promise:
    """What to do about it; "" when nothing."""
    return ADVICE.get(notice.kind, "")


def detail_words(notice: CorpNotice) -> str:
    """What else WeCom said, in words."""
    return " · ".join(_details(notice))


def _details(notice: CorpNotice) -> Iterator[str]:
    for name, value in notice.details.items():
        if name == "ExpireTime" and str(value).isdecimal() and len(str(value)) < 12:
            expires = timezone.localtime(datetime.fromtimestamp(int(value), UTC))
            yield gettext("expires %(day)s") % {"day": f"{expires:%Y-%m-%d}"}
        else:
            yield f"{_DETAIL_WORDS.get(name, name)}: {value}"
