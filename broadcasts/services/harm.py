"""Watch what broadcasts do to people, and stop the one that does harm (伤害预警, 自动停发).

Beat asks every minute. A loss counts for a touch within 24 hours before it; the untouched of the
same kinds are the measure, and `policy.sequential` decides.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from broadcasts.models import Broadcast, HarmAlarm, HarmBase, HarmWatch, TouchClass, WebhookKind
from broadcasts.models.broadcast import RUNNING, IllegalMove
from broadcasts.policy import sequential
from broadcasts.selectors import harm as facts
from broadcasts.selectors.harm_sql import count_base
from broadcasts.services import control
from broadcasts.services.operator_notices import notify
from broadcasts.services.webhooks import emit
from scrm.audit.services import record_act
from scrm.console.models import Operator
from scrm.errors import InvalidInput, ScrmError

log = logging.getLogger(__name__)

# The past that says what is usual.
BASE_DAYS = timedelta(days=28)
# Counted anew every night; sooner when nobody has yet.
BASE_LASTS = timedelta(hours=36)
LONGEST_NOTE = 2_000


class NoAlarm(ScrmError):
    """There was no alarm about this broadcast, so there is nothing to learn from one."""

    code = "no_alarm"


def count_usual_losses(*, now: datetime) -> None:
    """Count anew what is lost without any touch, by kind of customer and staff."""
    with transaction.atomic(), connection.cursor() as cursor:
        HarmBase.objects.all().delete()
        for kind in Broadcast.Kind:
            cursor.execute(
                count_base(kind.value), {"kind": kind.value, "since": now - BASE_DAYS, "now": now}
            )


def look(*, now: datetime) -> int:
    """Look at every broadcast that may be doing harm; how many."""
    due = list(facts.to_watch(now))
    if due:
        counted_at = facts.base_counted_at()
        if counted_at is None or now - counted_at > BASE_LASTS:
            count_usual_losses(now=now)
    for broadcast in due:
        try:
            look_at(broadcast=broadcast, now=now)
        except IllegalMove:
            log.info("broadcast %s was moved by somebody else; the next look tells", broadcast.pk)
    return len(due)


def look_at(*, broadcast: Broadcast, now: datetime) -> HarmWatch | None:
    """One look; None while nobody was touched. Over the bound, once: alarm, and stop."""
    found = facts.counted(broadcast)
    if not found.touched:
        return None
    base = sequential.base_rate(facts.strata(broadcast, found))
    judged = sequential.judge(touched=found.touched, losses=found.losses, base=base)
    with transaction.atomic():
        # One look at a time: two workers would both raise the alarm.
        Broadcast.objects.select_for_update(no_key=True).get(pk=broadcast.pk)
        row = _recorded(broadcast, found, judged, base, now=now)
        if judged.is_over and not HarmAlarm.objects.filter(broadcast=broadcast).exists():
            _raise_alarm(broadcast, row, now=now)
    return row


def _recorded(
    broadcast: Broadcast,
    found: facts.Counted,
    judged: sequential.Judgement,
    base: sequential.BaseRate,
    *,
    now: datetime,
) -> HarmWatch:
    """A row for news; else the last one has been seen to hold until now."""
    in_groups = broadcast.kind == Broadcast.Kind.GROUP
    said = {
        "touched": judged.touched,
        "losses": judged.losses,
        "unfriended": 0 if in_groups else found.gone,
        "left_group": found.gone if in_groups else 0,
        "complained": found.complained,
        "limit": judged.limit,
        "verdict": HarmWatch.Verdict.OVER if judged.is_over else HarmWatch.Verdict.CALM,
    }
    last = broadcast.harm_looks.order_by("-looked_at", "-pk").first()
    if last is not None and all(getattr(last, name) == value for name, value in said.items()):
        HarmWatch.objects.filter(pk=last.pk).update(seen_at=now)
        return last
    return HarmWatch.objects.create(
        broadcast=broadcast,
        looked_at=now,
        seen_at=now,
        expected=judged.expected,
        usual=judged.touched * base.upper,
        statistic=judged.statistic,
        bound=judged.bound,
        **said,
    )


def _raise_alarm(broadcast: Broadcast, row: HarmWatch, *, now: datetime) -> None:
    """What staff have not confirmed is cancelled; service messages are owed and go on."""
    stops = broadcast.touch_class != TouchClass.SERVICE and broadcast.state in RUNNING
    if stops:
        control.stop(broadcast=broadcast, reason=Broadcast.StopReason.HARM, operator=None, now=now)
    HarmAlarm.objects.create(broadcast=broadcast, look=row, raised_at=now, was_stopped=stops)
    figures = {"touched": row.touched, "losses": row.losses, "usual": round(row.expected, 2)}
    record_act(
        action="broadcast.harm",
        operator=None,
        now=now,
        subject=broadcast,
        details={**figures, "stopped": stops},
    )
    emit(
        kind=WebhookKind.HARM_STOP,
        subject_id=broadcast.pk,
        data={"name": broadcast.name, "stopped": stops, **figures},
        now=now,
    )
    notify(text=_words(broadcast, row, stops=stops), author=broadcast.created_by, now=now)


def _words(broadcast: Broadcast, row: HarmWatch, *, stops: bool) -> str:
    with translation.override(settings.LANGUAGE_CODE):
        head = (
            _("Harm guard: the broadcast “%(name)s” was stopped.")
            if stops
            else _("Harm guard: the broadcast “%(name)s” does harm.")
        ) % {"name": broadcast.name}
        lines = [
            head,
            _(
                "Of %(touched)d customers it reached, %(losses)d were lost within a day; usual are"
                " %(usual).1f, and from %(limit)d on it is no chance."
            )
            % {
                "touched": row.touched,
                "losses": row.losses,
                "usual": row.expected,
                "limit": row.limit,
            },
        ]
        if not stops:
            lines.append(_("It could not be stopped: it is a service message, or over already."))
        lines.append(_("Please look at what was sent, and write down what was learned."))
        if settings.PUBLIC_URL:
            lines.append(settings.PUBLIC_URL + reverse("console:broadcast", args=[broadcast.pk]))
    return "\n".join(lines)


def write_post_mortem(
    *, broadcast: Broadcast, words: str, operator: Operator, now: datetime
) -> HarmAlarm:
    """Keep what was learned from an alarm (复盘). Written again, it replaces what stood there.

    Raises NoAlarm, InvalidInput without words.
    """
    words = words.replace("\0", "").strip()
    if not words:
        raise InvalidInput(_("Write what happened and what you will do otherwise."), field="words")
    if len(words) > LONGEST_NOTE:
        message = _("At most %(most)d characters.") % {"most": LONGEST_NOTE}
        raise InvalidInput(message, field="words")
    with transaction.atomic():
        alarm = HarmAlarm.objects.select_for_update().filter(broadcast=broadcast).first()
        if alarm is None:
            raise NoAlarm(_("There was no alarm about this broadcast."))
        Broadcast.objects.filter(pk=broadcast.pk).update(post_mortem=words)
        alarm.noted_by, alarm.noted_at = operator, now
        alarm.save(update_fields=["noted_by", "noted_at"])
        record_act(action="broadcast.post_mortem", operator=operator, now=now, subject=broadcast)
    return alarm
