"""The lifecycle page: thresholds with their preview, flow by week, log and files."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from contacts.models import Contact, LifecycleSettings, LifecycleTransition
from contacts.selectors.stage_flow import weekly_flow
from contacts.services.facts import rebuild_facts
from contacts.services.lifecycle import learn_thresholds, renew_lifecycle
from scrm.audit.models import AuditEntry
from scrm.console.models import Role
from tests import build
from tests.contacts import rows

pytestmark = pytest.mark.django_db


@pytest.fixture
def three_friends():
    now = timezone.now()
    people = [
        rows.contact(name=f"Friend {days}", first_followed_at=now - timedelta(days=days))
        for days in (1, 20, 60)
    ]
    rebuild_facts()
    renew_lifecycle(now=now)
    return people


def test_a_preview_tells_who_would_move_and_changes_nothing(operator_client, three_friends):
    page = operator_client.get("/lifecycle/", {"silent": "10", "lost": "30"})
    moves = {("沉默", "流失", 1), ("新增", "沉默", 1)}
    assert set(page.context["preview"]["moves"]) == moves
    assert LifecycleSettings.objects.get().source == "default"


def test_thresholds_are_put_in_force_and_given_back(operator_client, three_friends):
    operator_client.post("/lifecycle/thresholds/", {"silent": "10", "lost": "30"})
    assert sorted(Contact.objects.values_list("stage", flat=True)) == ["lost", "new", "silent"]
    operator_client.post("/lifecycle/thresholds/", {"release": "1"})
    assert LifecycleSettings.objects.get().source == "default"
    assert sorted(Contact.objects.values_list("stage", flat=True)) == ["new", "new", "silent"]


def test_lost_before_silent_is_said_at_its_field(operator_client):
    page = operator_client.get("/lifecycle/", {"silent": "30", "lost": "20"})
    assert page.context["form"].errors["lost"]
    assert page.context["preview"] is None


def test_what_the_orders_teach_is_shown_beside_a_threshold_set_by_hand(operator_client):
    for gap in range(1, 201):
        person = rows.contact()
        rows.order(person, days_ago=gap)
        rows.order(person, days_ago=0)
    LifecycleSettings.objects.create(
        silent_after_days=5, lost_after_days=9, source="override", updated_at=rows.NOW
    )
    row = learn_thresholds(now=rows.NOW)
    assert (row.silent_after_days, row.learned_silent_days, row.learned_lost_days) == (5, 160, 190)
    assert row.gap_quantiles[49] == 100
    download = operator_client.get("/lifecycle/gap-curve.csv")
    assert "100,0.5" in b"".join(download).decode()


def test_a_week_knows_who_came_who_left_and_how_many_were_there(three_friends):
    now = timezone.now()
    asleep = three_friends[2]
    asleep.refresh_from_db()
    assert asleep.stage == "silent"
    rows.order(asleep, paid_at=now)
    rebuild_facts()
    renew_lifecycle(now=now)
    week = weekly_flow(None, now=now)[-1]
    assert week.revived == 1
    assert week.stock == {"new": 2, "first": 1, "repeat": 0, "silent": 0, "lost": 0}
    assert week.kept == 1


def test_the_log_is_filtered_and_exported_with_an_audit_line(operator_client, three_friends):
    page = operator_client.get("/lifecycle/log/", {"to_stage": "silent"})
    assert [move.contact_id for move, _reason in page.context["rows"]] == [three_friends[2].pk]
    assert not operator_client.get("/lifecycle/log/", {"to_stage": "lost"}).context["rows"]
    file = operator_client.post("/lifecycle/log/export/?to_stage=silent")
    assert "Friend 60" in b"".join(file).decode()
    assert AuditEntry.objects.get(action="lifecycle.export").details == {
        "filter": {"to_stage": "silent"}
    }


def test_staff_leads_see_only_moves_of_their_customers(client, three_friends):
    lead_of = rows.staff(userid="lead")
    rows.follow(three_friends[2], lead_of)
    client.force_login(build.operator(role=Role.LEAD, staff_userid="lead"))
    LifecycleTransition.objects.create(
        contact=three_friends[0], to_stage="first", at=timezone.now(), reason="one_purchase_day"
    )
    page = client.get("/lifecycle/log/")
    assert {move.contact_id for move, _ in page.context["rows"]} == {three_friends[2].pk}
    assert client.post("/lifecycle/thresholds/", {"release": "1"}).status_code == 403
