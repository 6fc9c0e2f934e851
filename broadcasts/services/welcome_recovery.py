"""Nothing silently lost: codes whose letters or workers went away (欢迎语兜底)."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import OuterRef, Subquery

from broadcasts.models import WelcomeDelivery, WelcomeWatch
from broadcasts.services.welcome_delivery import (
    LIFE,
    close_overdue,
    record_late,
    record_touch,
)
from contacts.models import Contact
from scrm.wecom.callback.envelope import read_message
from scrm.wecom.callback.letters import WelcomeLetter, letter_of

# A letter is given this long to arrive the fast way.
LETTERS_TAKE = timedelta(seconds=1)
# The address stamps an event before its row can be seen; no row is seen later than this.
ROWS_TAKE = timedelta(seconds=60)
SEARCHED_AT_ONCE = timedelta(hours=1)
MOST_SEARCHES = 100
TOUCHES_WAIT = timedelta(days=7)

# Events that brought a code which has no row yet, or an open one that nobody is at. The digest is
# made here as in Python, so that only what was lost leaves the database.
_UNANSWERED = r"""
SELECT event.body, event.received_at
FROM wecom_callbackevent AS event
WHERE event.received_at > %(since)s AND event.received_at <= %(until)s
  AND event.event = 'change_external_contact' AND event.body LIKE '%%<WelcomeCode>%%'
  AND NOT EXISTS (
    SELECT FROM broadcasts_welcomedelivery AS delivery
    WHERE delivery.digest = encode(sha256(convert_to(trim(substring(
        event.body FROM '<WelcomeCode>(?:<!\[CDATA\[)?([^\]<]*)'
      )), 'UTF8')), 'hex')
      AND (delivery.state <> 'sending' OR delivery.next_at > %(now)s)
  )
ORDER BY event.received_at
"""


def living_letters(*, now: datetime) -> list[WelcomeLetter]:
    """Codes that still live and that nobody is answering, the oldest first."""
    return _unanswered(since=now - LIFE, until=now - LETTERS_TAKE, now=now)


def record_missed(*, now: datetime) -> int:
    """Take down every code that died without an answer, since the last look; how many.

    Runs apart from the worker of welcomes, so that a worker that is gone is seen in the log.
    """
    dead = now - LIFE
    watch, _is_new = WelcomeWatch.objects.get_or_create(
        pk=1, defaults={"searched_until": now - ROWS_TAKE}
    )
    since, found = watch.searched_until, 0
    for _search in range(MOST_SEARCHES):
        until = min(since + SEARCHED_AT_ONCE, dead)
        for letter in _unanswered(since=since, until=until, now=now):
            record_late(letter, now=now)
            found += 1
        if until >= dead:
            break
        since = until
    # Two at once may move it in any order; each has seen to all before its own mark.
    mark = min(until, now - ROWS_TAKE)
    WelcomeWatch.objects.filter(pk=1, searched_until__lt=mark).update(searched_until=mark)
    return found + close_overdue(now=now)


def record_touches(*, now: datetime, most: int = 500) -> int:
    """Touches of welcomes whose customers were unknown when they were sent; how many.

    A newcomer's details are fetched after the welcome, because it cannot wait for them.
    """
    contact = Contact.objects.filter(external_userid=OuterRef("external_userid"))
    waiting = (
        WelcomeDelivery.objects.filter(
            state=WelcomeDelivery.State.SENT,
            contact=None,
            finished_at__gt=now - TOUCHES_WAIT,
            external_userid__in=Contact.objects.values("external_userid"),
        )
        .annotate(known_id=Subquery(contact.values("pk")[:1]))
        .order_by("pk")
        .select_for_update(skip_locked=True, of=("self",))
    )
    with transaction.atomic():
        found = list(waiting[:most])
        for delivery in found:
            delivery.contact_id = delivery.known_id
            record_touch(
                contact_id=delivery.known_id,
                staff_id=delivery.staff_id,
                at=delivery.finished_at or now,
            )
        WelcomeDelivery.objects.bulk_update(found, ["contact"])
    return len(found)


def _unanswered(*, since: datetime, until: datetime, now: datetime) -> list[WelcomeLetter]:
    with connection.cursor() as cursor:
        cursor.execute(_UNANSWERED, {"since": since, "until": until, "now": now})
        rows = cursor.fetchall()
    letters = (letter_of(read_message(body), received_at=at) for body, at in rows)
    return [letter for letter in letters if letter is not None]
