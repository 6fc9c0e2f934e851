"""What touches did to people, and what would be usual (伤害预警)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet

from broadcasts.models import Batch, Broadcast, HarmAlarm, HarmBase, HarmWatch
from broadcasts.models.broadcast import RUNNING
from broadcasts.policy.sequential import Stratum
from broadcasts.selectors.harm_sql import look_at
from broadcasts.selectors.progress import visible_broadcasts
from scrm.console.models import Operator

# So long after a touch a loss counts as its doing.
AFTER_TOUCH = timedelta(hours=24)
# The results of WeCom come a while after staff have sent.
_RESULTS_LATE = timedelta(hours=1)
_LONGEST_AFTER_END = timedelta(days=5)
# Customers of the same staff are compared with when they were watched for so many days in all.
OWN_DAYS = 50_000.0
SHOWN_ALARM = timedelta(days=14)

_Key = tuple[int, str]


@dataclass(frozen=True)
class Counted:
    """The touched and lost of one broadcast, as they stand."""

    touched: int
    losses: int
    gone: int
    complained: int
    by_kind: dict[_Key, int]
    staff_ids: frozenset[int]


def to_watch(now: datetime) -> QuerySet[Broadcast]:
    """Broadcasts that may still be doing harm: staff sent them within the last day."""
    sent_lately = Batch.objects.filter(
        broadcast_id=OuterRef("pk"), confirmed_at__gt=now - AFTER_TOUCH - _RESULTS_LATE
    )
    return Broadcast.objects.filter(
        Q(state__in=RUNNING) | Q(finished_at__gt=now - _LONGEST_AFTER_END),
        Exists(sent_lately),
        frozen_at__isnull=False,
    ).order_by("pk")


def counted(broadcast: Broadcast) -> Counted:
    """One statement over the ledger of touches."""
    with connection.cursor() as cursor:
        cursor.execute(look_at(broadcast.kind), {"broadcast": broadcast.pk})
        rows = cursor.fetchall()
    by_kind: dict[_Key, int] = defaultdict(int)
    for _staff, band, stage, touched, *_rest in rows:
        by_kind[band, stage] += touched
    return Counted(
        touched=sum(row[3] for row in rows),
        losses=sum(row[4] for row in rows),
        gone=sum(row[5] for row in rows),
        complained=sum(row[6] for row in rows),
        by_kind=dict(by_kind),
        staff_ids=frozenset(row[0] for row in rows if row[0]),
    )


def strata(broadcast: Broadcast, found: Counted) -> list[Stratum]:
    """The touched by age of the relation and stage, each beside the untouched of its kind.

    Those of the same staff when there is enough past with them, else those of all staff.
    """
    base = HarmBase.objects.filter(kind=broadcast.kind)
    of_them = _base(base.filter(staff_id__in=found.staff_ids))
    if sum(days for days, _losses in of_them.values()) < OWN_DAYS:
        of_them = _base(base)
    kinds = of_them.keys() | found.by_kind.keys()
    return [Stratum(found.by_kind.get(kind, 0), *of_them.get(kind, (0.0, 0))) for kind in kinds]


def _base(rows: QuerySet[HarmBase]) -> dict[_Key, tuple[float, int]]:
    sums: dict[_Key, tuple[float, int]] = {}
    for band, stage, days, losses in rows.values_list("age_band", "stage", "days", "losses"):
        so_far = sums.get((band, stage), (0.0, 0))
        sums[band, stage] = (so_far[0] + days, so_far[1] + losses)
    return sums


def base_counted_at() -> datetime | None:
    """When the usual losses were counted last."""
    newest = HarmBase.objects.order_by("-pk").first()
    return newest.counted_at if newest else None


def looks(broadcast: Broadcast) -> list[HarmWatch]:
    """Every look at it that said something new, oldest first."""
    return list(broadcast.harm_looks.order_by("looked_at", "pk"))


def alarm_of(broadcast: Broadcast) -> HarmAlarm | None:
    """The alarm about it, if there was one."""
    return HarmAlarm.objects.filter(broadcast=broadcast).select_related("look", "noted_by").first()


def alarms(operator: Operator) -> QuerySet[HarmAlarm]:
    """Alarms about the broadcasts this operator sees, newest first."""
    return (
        HarmAlarm.objects.filter(broadcast__in=visible_broadcasts(operator).values("pk"))
        .select_related("broadcast", "look", "noted_by")
        .order_by("-raised_at")
    )


def open_alarms(operator: Operator, *, now: datetime) -> list[HarmAlarm]:
    """Alarms of the last two weeks about which nobody has written what was learned."""
    return list(alarms(operator).filter(noted_at=None, raised_at__gt=now - SHOWN_ALARM)[:5])


def watched(operator: Operator, *, now: datetime) -> list[Broadcast]:
    """What the guard is looking at now, with `latest_look` on each."""
    seen = list(visible_broadcasts(operator).filter(pk__in=to_watch(now).values("pk"))[:50])
    latest = {
        look.broadcast_id: look
        for look in HarmWatch.objects.filter(broadcast__in=seen).order_by("looked_at", "pk")
    }
    for broadcast in seen:
        broadcast.latest_look = latest.get(broadcast.pk)  # type: ignore[attr-defined]
    return seen
