"""Record for many customers at once that they must not be written to (批量免打扰、批量暂停)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from contacts.models import Contact, ContactEvent, Preference
from contacts.services.facts import refresh_facts
from scrm.audit.services import record_act
from scrm.console.models import Operator
from scrm.errors import InvalidInput

CUSTOMERS_AT_ONCE = 10_000
_ROWS = 2_000


def refuse_contact_with_many(
    *, contacts: QuerySet[Contact], source: str, operator: Operator, now: datetime
) -> int:
    """Never write to these customers again; answers of how many that is news.

    Raises InvalidInput for nobody and for more than `CUSTOMERS_AT_ONCE`.
    """
    values: dict[str, Any] = {"is_do_not_contact": True}
    return _record(contacts, values, "do_not_contact", source=source, operator=operator, now=now)


def pause_many(
    *, contacts: QuerySet[Contact], until: datetime, source: str, operator: Operator, now: datetime
) -> int:
    """Write nothing to these customers until then; answers of how many that is news.

    Raises InvalidInput for a moment that is over, and as `refuse_contact_with_many`.
    """
    if until <= now:
        raise InvalidInput(_("A pause must end in the future."), field="until")
    values: dict[str, Any] = {"pause_until": until}
    return _record(contacts, values, "paused", source=source, operator=operator, now=now)


@transaction.atomic
def _record(
    contacts: QuerySet[Contact],
    values: dict[str, Any],
    words: str,
    *,
    source: str,
    operator: Operator,
    now: datetime,
) -> int:
    ids = _chosen(contacts)
    news = record_for(ids, values, words, source=source, now=now)
    record_act(
        action=f"preference.{words}_many",
        operator=operator,
        now=now,
        details={"source": source, "customers": len(ids), "news": news},
    )
    return news


def record_for(
    ids: Sequence[int], values: dict[str, Any], words: str, *, source: str, now: datetime
) -> int:
    """Write these columns of Preference for customers for whom they differ; answers of how many.

    Inside a transaction; `words` names the wish in their timelines.
    """
    # In order of their keys, as everybody locks them.
    locked = Contact.objects.filter(pk__in=ids).order_by("pk").select_for_update(no_key=True)
    list(locked.values_list("pk", flat=True))
    known = Preference.objects.filter(pk__in=ids, **values).values_list("pk", flat=True)
    news = sorted(set(ids) - set(known))
    Preference.objects.bulk_create(
        [Preference(contact_id=pk, source=source, updated_at=now, **values) for pk in news],
        batch_size=_ROWS,
        update_conflicts=True,
        unique_fields=["contact"],
        update_fields=["source", "updated_at", *values],
    )
    details = {"words": words, "source": source}
    ContactEvent.objects.bulk_create(
        [
            ContactEvent(contact_id=pk, kind=ContactEvent.Kind.PREFERENCE, at=now, details=details)
            for pk in news
        ],
        batch_size=_ROWS,
    )
    if news:
        refresh_facts(contact_ids=news)
    return len(news)


def _chosen(contacts: QuerySet[Contact]) -> list[int]:
    ids = list(contacts.order_by().values_list("pk", flat=True)[: CUSTOMERS_AT_ONCE + 1])
    if not ids:
        raise InvalidInput(_("No customer is chosen."), field="pick")
    if len(ids) > CUSTOMERS_AT_ONCE:
        raise InvalidInput(
            _("At most %(limit)s customers at once; narrow the filter.")
            % {"limit": f"{CUSTOMERS_AT_ONCE:,}"},
            field="pick",
        )
    return ids
