"""What was recorded stays as it was recorded; the database itself says so."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from contacts.models import ContactEvent, ContactNote, LifecycleTransition, OrderEntry
from scrm.audit.models import AuditEntry
from scrm.audit.services import record_act
from tests import build
from tests.contacts import rows
from tests.contacts.rows import NOW

pytestmark = pytest.mark.django_db


def act():
    return record_act(action="broadcast.stop", operator=None, now=NOW)


def move():
    return LifecycleTransition.objects.create(
        contact=rows.contact(), to_stage="first", at=NOW, reason="first_order"
    )


def event(kind="followed", **details):
    return ContactEvent.objects.create(contact=rows.contact(), kind=kind, at=NOW, details=details)


def note():
    return ContactNote.objects.create(
        contact=rows.contact(), author=build.operator(), text="likes tea", at=NOW
    )


def entry():
    return OrderEntry.objects.create(
        order=rows.order(None),
        kind="sale",
        amount_fen=1000,
        at=NOW,
        happened_on=NOW.date(),
        origin="file",
        imported_at=NOW,
    )


@pytest.mark.parametrize(
    ("make", "change"),
    [
        (act, {"action": "x"}),
        (move, {"to_stage": "lost"}),
        (event, {"details": {}}),
        (note, {"text": "x"}),
        (entry, {"amount_fen": 1}),
    ],
    ids=["operation log", "stage changes", "events", "notes", "order entries"],
)
def test_a_ledger_refuses_change_and_removal(make, change):
    row = make()
    ledger = type(row).objects.filter(pk=row.pk)
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        ledger.update(**change)
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        row.delete()
    assert ledger.exists()


def test_who_ended_a_friendship_may_become_known_once():
    ended = ContactEvent.objects.filter(pk=event("unfollowed", staff_id=1, by="unknown").pk)
    assert ended.update(details={"staff_id": 1, "by": "deleted_by_contact"}) == 1
    with pytest.raises(IntegrityError), transaction.atomic():
        ended.update(details={"staff_id": 1, "by": "deleted_by_staff"})


def test_an_event_never_moves_to_another_customer():
    ended = ContactEvent.objects.filter(pk=event("unfollowed", by="unknown").pk)
    with pytest.raises(IntegrityError), transaction.atomic():
        ended.update(contact=rows.contact())


def test_the_operation_log_has_no_gap_where_a_removal_failed():
    act()
    with pytest.raises(IntegrityError), transaction.atomic():
        AuditEntry.objects.all().delete()
    assert AuditEntry.objects.count() == 1
