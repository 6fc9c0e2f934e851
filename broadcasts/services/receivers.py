"""Whom a batch is handed over for, looked at once more before the call (提交前复核).

Between fixing an audience and handing it over lie minutes or hours, and people change their
minds. Whoever may no longer be written to is dropped with a reason; the batch keeps its size.
"""

from __future__ import annotations

from datetime import datetime

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from broadcasts.models import Batch, GroupRecipient, Recipient
from contacts.models import Follow, Preference
from contacts.selectors.preferences import switched_off


def receivers(batch: Batch) -> list[str]:
    """The external_userids, or the chat ids, of everybody the batch is (still) for."""
    if batch.broadcast.is_for_groups:
        groups = GroupRecipient.objects.filter(batch=batch, result="").order_by("group_id")
        return list(groups.values_list("chat_id", flat=True))
    customers = Recipient.objects.filter(batch=batch, result="").order_by("contact_id")
    return list(customers.values_list("external_userid", flat=True))


def drop_lost(batch: Batch, *, now: datetime) -> None:
    """Mark those who became out of reach or asked for silence since the audience was fixed."""
    if batch.broadcast.is_for_groups:
        _drop_groups(batch)
    else:
        _drop_customers(batch, now=now)


def _drop_customers(batch: Batch, *, now: datetime) -> None:
    customers = Recipient.objects.filter(batch=batch, result="")
    silent = Preference.objects.filter(contact_id=OuterRef("contact_id")).filter(
        Q(is_do_not_contact=True) | Q(pause_until__gt=now)
    )
    customers.filter(_asked_for_silence(batch, silent)).update(result=Recipient.Result.SILENCED)
    friends = Follow.objects.filter(
        contact_id=OuterRef("contact_id"), staff_id=batch.staff_id, status=Follow.Status.ACTIVE
    )
    customers.exclude(Exists(friends)).update(result=Recipient.Result.NOT_FRIEND)


def _asked_for_silence(batch: Batch, silent: QuerySet[Preference]) -> Q:
    asked = Q(Exists(silent))
    topic = batch.broadcast.topic
    if topic is not None:
        asked |= Q(contact_id__in=switched_off(topic).values("contact_id"))
    return asked


def _drop_groups(batch: Batch) -> None:
    """Groups that are dissolved, or have another owner."""
    gone = ~Q(group__owner_id=F("staff_id")) | Q(group__dismissed_at__isnull=False)
    lost = GroupRecipient.objects.filter(gone, batch=batch, result="").values("pk")
    GroupRecipient.objects.filter(pk__in=lost).update(result=GroupRecipient.Result.GONE)
