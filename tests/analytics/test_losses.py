"""Who left whom: the list with its filters, the touches before, the charts, the download."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from broadcasts.models import Touch
from contacts.models import Follow
from scrm.audit.models import AuditEntry
from scrm.console.models import Role
from tests import build
from tests.contacts import rows

pytestmark = pytest.mark.django_db

Status = Follow.Status


def ended(*, days_ago=1, kept_days=30, status=Status.DELETED_BY_CONTACT, **overrides):
    end = timezone.now() - timedelta(days=days_ago)
    person = overrides.pop("person", None) or rows.contact(relation="lost", lost_at=end)
    return rows.follow(
        person,
        overrides.pop("staff", None) or rows.staff(),
        added_at=end - timedelta(days=kept_days),
        ended_at=end,
        status=status,
        **overrides,
    )


def touched(loss, *, days_before):
    return Touch.objects.create(
        contact_id=loss.contact_id,
        channel="private",
        touch_class="deep",
        at=loss.ended_at - timedelta(days=days_before),
    )


def shown(client, **query):
    return [loss for loss, _way in client.get("/losses/", query).context["rows"]]


def test_a_loss_names_what_reached_the_customer_in_the_week_before(operator_client):
    loss = ended(kept_days=30)
    near = touched(loss, days_before=6)
    touched(loss, days_before=8)
    touched(loss, days_before=-1)
    [found] = shown(operator_client)
    assert (found.kept_days, found.touches) == (30, [near])


def test_losses_are_filtered_by_everything_the_form_offers(operator_client):
    anna = rows.staff(department_wecom_ids=[7])
    one = ended(staff=anna, status=Status.DELETED_BY_STAFF, add_way=1, state="store", days_ago=3)
    two = ended(kept_days=2, add_way=0)
    rows.follow(rows.contact(), anna, state="ad")  # still friends
    offered = operator_client.get("/losses/").context["form"].fields["state"].choices
    assert [value for value, _words in offered] == ["", "store"]
    for query, expected in (
        ({}, [two, one]),
        ({"kind": "by_staff"}, [one]),
        ({"staff_id": anna.pk}, [one]),
        ({"add_way": "0"}, [two]),
        ({"state": "store"}, [one]),
        ({"kept_from": "10"}, [one]),
        ({"kept_to": "2"}, [two]),
        ({"ended_to": f"{timezone.localdate() - timedelta(days=2)}"}, [one]),
        ({"kind": "nonsense", "staff_id": "x"}, [two, one]),
    ):
        found = [loss.follow.pk for loss in shown(operator_client, **query)]
        assert found == [loss.pk for loss in expected], query


def test_somebody_who_is_still_a_friend_of_others_is_marked(operator_client):
    person = rows.contact()
    rows.follow(person, rows.staff())
    ended(person=person)
    [found] = shown(operator_client)
    assert found.is_back


def test_charts_count_by_day_staff_and_channel_and_download(operator_client):
    anna = rows.staff(name="Anna")
    ended(staff=anna, add_way=1, state="store")
    ended(staff=anna, add_way=1, state="store", status=Status.DELETED_BY_STAFF)
    ended(add_way=999, days_ago=40)
    daily, staff, channels = operator_client.get("/losses/").context["charts"]
    assert sum(sum(row[1:]) for row in daily.rows) == 2
    assert [row[1:] for row in staff.rows] == [(1, 1, 0)]
    assert [row[1:] for row in channels.rows] == [("store", 2)]
    file = operator_client.get("/losses/losses-by-staff.csv")
    assert "Anna,1,1,0" in b"".join(file).decode()


def test_the_download_is_written_into_the_operation_log(operator_client):
    loss = ended()
    file = operator_client.post("/losses/export/?kind=by_contact")
    assert loss.contact.external_userid in b"".join(file).decode()
    assert AuditEntry.objects.get(action="contact.export_losses")


def test_a_lead_sees_the_losses_of_own_staff_only(client):
    own = rows.staff(userid="lead")
    mine = ended(staff=own)
    ended()
    client.force_login(build.operator(role=Role.LEAD, staff_userid="lead"))
    assert [loss.follow.pk for loss in shown(client)] == [mine.pk]


def test_the_number_of_queries_does_not_grow_with_the_rows(
    operator_client, django_assert_max_num_queries
):
    for _ in range(3):
        touched(ended(), days_before=1)
    operator_client.get("/losses/")
    with django_assert_max_num_queries(20):
        operator_client.get("/losses/")
    for _ in range(20):
        touched(ended(), days_before=1)
    with django_assert_max_num_queries(20):
        operator_client.get("/losses/")
