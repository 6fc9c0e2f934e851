"""Files of customers who must not be contacted: looked at, imported, undone."""

from __future__ import annotations

from datetime import timedelta

import pytest

from contacts.models import BlockedImport, ContactEvent, Preference
from contacts.services import blocked_import
from contacts.services.preferences import set_do_not_contact
from scrm.audit.models import AuditEntry
from scrm.console.models import Role
from scrm.errors import InvalidInput
from tests import build
from tests.contacts import rows
from tests.contacts.rows import NOW

pytestmark = pytest.mark.django_db


def check(operator, text, **overrides):
    content = text if isinstance(text, bytes) else text.encode()
    return blocked_import.check_file(
        **{
            "name": "blocked.csv",
            "content": content,
            "reason": "Old shop's list",
            "operator": operator,
            "now": NOW,
            **overrides,
        }
    )


def work(imported, *, at=NOW):
    while blocked_import.work_import(
        imported_id=imported.pk, clock=lambda: at, until=at + timedelta(seconds=1)
    ):
        pass
    imported.refresh_from_db()
    return imported


def run(imported, operator, step=blocked_import.start_import):
    step(imported_id=imported.pk, operator=operator, now=NOW)
    return work(imported)


def lines(imported):
    return list(imported.lines.order_by("number").values_list("number", "state"))


def blocked(person):
    return Preference.objects.filter(pk=person.pk, is_do_not_contact=True).exists()


def test_customers_are_found_by_each_key_and_nothing_is_written_yet(operator):
    amy, ben = rows.contact(), rows.contact(unionid="u-ben")
    cat = rows.contact(phone="13812345678")
    file = (
        "external_userid,unionid,手机号\n"
        f"{amy.external_userid},,\n,u-ben,\n,,+86 138-1234-5678\nwm-none,,\n,,x\n"
    )
    imported = check(operator, file)
    assert lines(imported) == [
        (2, "found"), (3, "found"), (4, "found"), (5, "unknown"), (6, "empty"),
    ]  # fmt: skip
    assert not Preference.objects.exists()
    imported = run(imported, operator)
    assert imported.state == "done"
    assert all(map(blocked, (amy, ben, cat)))
    event = ContactEvent.objects.get(contact=amy)
    assert event.details["source"] == f"import:{imported.pk}"
    assert event.details["reason"] == "Old shop's list"


def test_repeated_ambiguous_and_already_blocked_lines_say_so(operator):
    amy, ben = rows.contact(), rows.contact()
    rows.contact(phone="13812345678")
    rows.contact(phone="13812345678")
    set_do_not_contact(
        contact_id=ben.pk, is_do_not_contact=True, source="h5", operator=None, now=NOW
    )
    file = f"external_userid,phone\n{amy.external_userid},\n{amy.external_userid},\n{ben.external_userid},\n,13812345678\n"
    imported = run(check(operator, file), operator)
    assert [state for _n, state in lines(imported)] == [
        "applied", "repeated", "already", "ambiguous",
    ]  # fmt: skip


def test_undoing_frees_those_of_the_file_alone(operator):
    amy, ben, cat = rows.contact(), rows.contact(), rows.contact()
    set_do_not_contact(
        contact_id=cat.pk, is_do_not_contact=True, source="h5", operator=None, now=NOW
    )
    people = "\n".join(person.external_userid for person in (amy, ben, cat))
    imported = run(check(operator, f"external_userid\n{people}\n"), operator)
    # Ben says so himself afterwards: free, then never again.
    for wanted in (False, True):
        set_do_not_contact(
            contact_id=ben.pk, is_do_not_contact=wanted, source="h5", operator=None, now=NOW
        )
    imported = run(imported, operator, blocked_import.undo_import)
    assert imported.state == "undone"
    assert [blocked(person) for person in (amy, ben, cat)] == [False, True, True]
    assert [state for _n, state in lines(imported)] == ["undone", "changed", "already"]
    actions = list(AuditEntry.objects.order_by("id").values_list("action", flat=True))
    assert [a for a in actions if a.startswith("blocked_import")] == [
        "blocked_import.start",
        "blocked_import.undo",
    ]


def test_a_file_of_excel_in_gb18030_is_read(operator):
    person = rows.contact(phone="13812345678")
    imported = run(
        check(operator, "手机号,备注\n13812345678,不要打扰\n".encode("gb18030")), operator
    )
    assert blocked(person)
    assert imported.lines.count() == 1


@pytest.mark.parametrize(
    "content",
    [b"", b"name\nAmy\n", b"external_userid\n", b"\xff\xfe\x00\x81", b"x" * (5 * 1024 * 1024 + 1)],
)
def test_a_file_that_is_none_is_refused(operator, content):
    with pytest.raises(InvalidInput) as refused:
        check(operator, content)
    assert refused.value.field == "file"
    assert not BlockedImport.objects.exists()


def test_nothing_is_imported_or_undone_twice(operator):
    person = rows.contact()
    imported = check(operator, f"external_userid\n{person.external_userid}\n")
    with pytest.raises(InvalidInput):
        blocked_import.undo_import(imported_id=imported.pk, operator=operator, now=NOW)
    run(imported, operator)
    with pytest.raises(InvalidInput):
        blocked_import.start_import(imported_id=imported.pk, operator=operator, now=NOW)


def test_a_turn_is_bounded_and_a_lost_message_is_repeated(operator):
    person = rows.contact()
    imported = check(operator, f"external_userid\n{person.external_userid}\n")
    blocked_import.start_import(imported_id=imported.pk, operator=operator, now=NOW)
    assert blocked_import.work_import(imported_id=imported.pk, clock=lambda: NOW, until=NOW)
    assert blocked_import.hand_out_due_imports(now=NOW) == 0
    assert blocked_import.hand_out_due_imports(now=NOW + timedelta(minutes=2)) == 1
    assert work(imported).state == "done"


def test_customers_out_of_scope_are_unknown(db):
    stranger = rows.contact()
    lead = build.operator(role=Role.LEAD, staff_userid="alice")
    rows.staff(userid="alice")
    imported = check(lead, f"external_userid\n{stranger.external_userid}\n")
    assert lines(imported) == [(2, "unknown")]


def test_a_thousand_lines_cost_few_queries(operator, django_assert_max_num_queries):
    people = [rows.contact() for _ in range(600)]
    file = "external_userid\n" + "\n".join(person.external_userid for person in people)
    with django_assert_max_num_queries(8):
        imported = check(operator, file)
    blocked_import.start_import(imported_id=imported.pk, operator=operator, now=NOW)
    with django_assert_max_num_queries(60):
        work(imported)
    assert Preference.objects.filter(is_do_not_contact=True).count() == 600
