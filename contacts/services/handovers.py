"""Order hand-overs (在职继承, 离职继承) and read whose customers wait for a new colleague."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils.translation import gettext as _

from contacts.models import (
    Contact,
    Handover,
    HandoverItem,
    HandoverMode,
    Staff,
    UnassignedFollow,
    UnassignedReading,
)
from contacts.rules.handover import MESSAGE_CHARS
from contacts.selectors.handover_checks import Wish, check_handover
from contacts.services.staff import ensure_staff
from scrm import wecom
from scrm.audit.services import record_act
from scrm.console.models import Operator
from scrm.errors import InvalidInput
from scrm.jobs import enqueue_on_commit

# Orders stand in one line, because each must see whom the one before has taken.
_LOCK = "SELECT pg_advisory_xact_lock(hashtext('contacts.handover'))"
_FRESH = timedelta(hours=6)
_TRY_AGAIN = timedelta(minutes=10)


@transaction.atomic
def start_handover(*, wish: Wish, operator: Operator, now: datetime) -> Handover:
    """Freeze whom WeCom is asked for and who is left out; a worker carries it out.

    There is no way back: WeCom cannot cancel a transfer. Raises InvalidInput.
    """
    message = wish.message.strip() if wish.mode == HandoverMode.ON_JOB else ""
    if len(message) > MESSAGE_CHARS:
        raise InvalidInput(
            _("At most %(limit)d characters.") % {"limit": MESSAGE_CHARS}, field="message"
        )
    with connection.cursor() as cursor:
        cursor.execute(_LOCK)
    check = check_handover(wish, operator=operator, now=now)
    if not check.taken:
        raise InvalidInput(_("None of these customers can be handed over now."), field="whom")
    handover = Handover.objects.create(
        mode=wish.mode,
        giver=wish.giver,
        receiver=wish.receiver,
        message=message,
        created_by=operator,
        created_at=now,
        next_at=now,
    )
    rows = [HandoverItem(handover=handover, contact_id=pk, due_at=now) for pk in check.taken]
    rows += [
        HandoverItem(handover=handover, contact_id=pk, state=HandoverItem.State.EXCLUDED, bar=bar)
        for pk, bar in check.excluded.items()
    ]
    HandoverItem.objects.bulk_create(rows, batch_size=2_000)
    record_act(
        action="handover.start",
        operator=operator,
        now=now,
        subject=handover,
        details={
            "mode": wish.mode,
            "from": wish.giver.userid,
            "to": wish.receiver.userid,
            "customers": len(check.taken),
            "left_out": len(check.excluded),
        },
    )
    enqueue_on_commit("contacts.run_handover", handover_id=handover.pk)
    return handover


def ask_for_unassigned(*, operator: Operator, now: datetime) -> None:
    """Have WeCom's list of unassigned customers read again; a worker does it."""
    UnassignedReading.objects.update_or_create(pk=1, defaults={"next_at": now})
    record_act(action="handover.read_unassigned", operator=operator, now=now)
    enqueue_on_commit("contacts.read_unassigned")


def read_unassigned_if_due(*, now: datetime) -> bool:
    """Read the list when somebody asked for it, or every six hours; True when it was read."""
    UnassignedReading.objects.get_or_create(pk=1, defaults={"next_at": now})
    due = UnassignedReading.objects.filter(pk=1, next_at__lte=now)
    if not due.update(next_at=now + _TRY_AGAIN):
        return False
    try:
        found = list(wecom.get_gateway().unassigned_contacts())
    except wecom.WeComError as error:
        UnassignedReading.objects.filter(pk=1).update(problem=error.advice[:256])
        return False
    store_unassigned(found, now=now)
    return True


@transaction.atomic
def store_unassigned(found: list[wecom.UnassignedContact], *, now: datetime) -> None:
    """Make the table equal to WeCom's list. A giver on it has left, whatever the directory said."""
    ensure_staff({one.handover_userid for one in found})
    staff = {
        userid.lower(): pk for pk, userid in Staff.objects.values_list("pk", "userid").iterator()
    }
    contacts = dict(
        Contact.objects.filter(external_userid__in={one.external_userid for one in found})
        .values_list("external_userid", "pk")
        .iterator()
    )
    pairs = {
        (staff[one.handover_userid.lower()], contacts[one.external_userid]): one.left_at
        for one in found
        if one.external_userid in contacts
    }
    UnassignedFollow.objects.all().delete()
    UnassignedFollow.objects.bulk_create(
        [UnassignedFollow(staff_id=s, contact_id=c, left_at=at) for (s, c), at in pairs.items()],
        batch_size=5_000,
    )
    Staff.objects.filter(pk__in={giver for giver, _contact in pairs}).exclude(
        status=Staff.Status.LEFT
    ).update(status=Staff.Status.LEFT, is_following=False)
    unknown = sum(one.external_userid not in contacts for one in found)
    UnassignedReading.objects.update_or_create(
        pk=1,
        defaults={"read_at": now, "next_at": now + _FRESH, "unknown": unknown, "problem": ""},
    )
