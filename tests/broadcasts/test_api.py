"""REST: the same verbs, the same rules."""

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from broadcasts.models import Batch, Broadcast, WebhookDelivery
from broadcasts.selectors.policy import house_terms
from broadcasts.services import compose
from broadcasts.services.audience import freeze
from broadcasts.services.webhooks import emit
from contacts.models import Topic
from scrm.audit.models import AuditEntry
from scrm.console.models import Role
from tests import build
from tests.broadcasts import rows
from tests.broadcasts.rows import NOW

pytestmark = pytest.mark.django_db
URL = "/api/v1/broadcasts/"


@pytest.fixture
def api(operator):
    client = APIClient()
    client.force_authenticate(operator)
    return client


@pytest.fixture
def body():
    start, end = compose.next_window(house_terms(), timezone.now())
    return {
        "name": "Spring",
        "benefit": "Free shipping",
        "segment": rows.segment().pk,
        "text": "Spring is here.",
        "window_start": start.isoformat(),
        "window_end": end.isoformat(),
    }


def test_a_draft_is_written_looked_at_scheduled_and_stopped(api, body):
    rows.customer(rows.staff())
    created = api.post(URL, {**body, "holdout_percent": 0}, format="json")
    assert created.status_code == 201
    one = f"{URL}{created.data['id']}/"
    seen = api.get(f"{one}dry_run/").data
    assert (seen["chosen"], seen["held_out"], seen["excluded"]) == (1, 0, 0)
    assert api.post(f"{one}schedule/").data["state"] == "scheduled"
    assert api.post(f"{one}schedule/").status_code == 409
    assert api.post(f"{one}stop/").data["state"] == "stopped"
    assert api.get(f"{one}results/").data["sent"] == 0
    assert api.get(URL).status_code == 200
    assert api.get(one).data["stop_reason"] == "operator"


def test_what_became_of_each_customer_is_told_in_pages(client, operator):
    member = rows.staff(department_wecom_ids=[2])
    people = sorted([rows.customer(member) for _each in range(3)], key=lambda person: person.pk)
    rows.touch(people[0])
    sent = rows.frozen(created_by=build.operator())
    rows.touch(people[1], broadcast=sent)
    client.force_login(operator)
    page = client.get(f"{URL}{sent.pk}/recipients/", {"page_size": 2}).json()
    told = [(one["contact"], one["reason"], bool(one["sent_at"])) for one in page["results"]]
    assert told == [(people[0].pk, "gap", False), (people[1].pk, "", True)]
    assert page["results"][1]["userid"] == member.userid
    [last] = client.get(page["next"]).json()["results"]
    assert last["external_userid"] == people[2].external_userid
    assert client.get(f"{URL}{sent.pk}/recipients/?result=sent").json()["results"] == [
        page["results"][1]
    ]
    assert client.get(f"{URL}{sent.pk}/recipients/?cursor=cD14").status_code == 404


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"text": ""}, "text"),
        ({"segment": None}, "segment"),
        ({"segment": 0}, "segment"),
        ({"benefit": ""}, "benefit"),
        ({"window_end": "2020-01-01T10:00:00+08:00"}, "window_end"),
        ({"attachments": [{"msgtype": "video"}]}, "attachments"),
        ({"attachments": "x"}, "attachments"),
    ],
)
def test_what_is_wrong_is_said_by_field(api, body, wrong, field):
    answer = api.post(URL, {**body, **wrong}, format="json")
    assert answer.status_code == 400
    assert field in answer.data
    assert not Broadcast.objects.exists()


def test_a_new_draft_gets_the_houses_hold_out(api, body):
    assert api.post(URL, body, format="json").data["holdout_percent"] == 10


def test_permissions_are_those_of_the_pages(body):
    client = APIClient()
    assert client.get(URL).status_code == 401
    spring = rows.broadcast()
    client.force_authenticate(build.operator(role=Role.ANALYST))
    assert client.get(f"{URL}{spring.pk}/").status_code == 200
    assert client.post(URL, body, format="json").status_code == 403
    assert client.post(f"{URL}{spring.pk}/stop/").status_code == 403
    client.force_authenticate(build.operator(role=Role.STAFF))
    assert client.get(URL).status_code == 403
    client.force_authenticate(build.operator(role=Role.LEAD))
    assert client.get(f"{URL}{spring.pk}/").status_code == 404


def test_a_broadcast_to_groups_is_written_with_everything_operators_have(api, body):
    owner = rows.staff()
    chat = rows.chat(owner, rows.customer(owner))
    topic = Topic.objects.create(name="News")
    written = {
        **{name: value for name, value in body.items() if name not in {"segment", "text"}},
        "kind": "group",
        "group_segment": rows.group_segment().pk,
        "senders": [owner.userid],
        "topic": topic.pk,
        "priority": 2,
        "touch_class": "deep",
        "holdout_percent": 0,
        "reminder_plan": "firm",
        "variants": [
            {"letter": "B", "share": 40, "text": "Tea is here."},
            {"letter": "A", "share": 60, "text": "Spring is here."},
        ],
    }
    created = api.post(URL, written, format="json")
    assert created.status_code == 201, created.data
    one = f"{URL}{created.data['id']}/"
    read = api.get(one).data
    for name in ("senders", "topic", "priority", "reminder_plan", "group_segment", "without"):
        assert read[name] == {**written, "without": []}[name]
    assert [part["letter"] for part in read["variants"]] == ["A", "B"]
    assert read["text"] == "Spring is here."
    seen = api.get(f"{one}dry_run/").data
    assert (seen["chosen"], seen["members"], seen["needs_approval"]) == (1, 1, False)
    assert seen["staff"][0]["userid"] == owner.userid
    made = Broadcast.objects.get()
    Broadcast.objects.update(
        state="scheduled", scheduled_at=timezone.now(), window_start=timezone.now()
    )
    freeze(broadcast_id=made.pk, now=timezone.now())
    results = api.get(f"{one}results/").data
    assert {part["letter"]: part["planned"] for part in results["variants"]} in (
        {"A": 1, "B": 0},
        {"A": 0, "B": 1},
    )
    (group,) = api.get(f"{one}groups/?state=chosen").data["results"]
    assert (group["chat_id"], group["owner"], group["sent_at"]) == (
        chat.chat_id,
        owner.userid,
        None,
    )


def test_a_draft_is_changed_field_by_field(api, body):
    without = rows.segment()
    one = f"{URL}{api.post(URL, body, format='json').data['id']}/"
    versions = [{"letter": letter, "share": 50, "text": letter} for letter in "AB"]
    changed = {"without": [without.pk], "variants": versions}
    assert api.patch(one, changed, format="json").data["without"] == [without.pk]
    # The message's own words are those of version A.
    read = api.patch(one, {"text": "Better"}, format="json").data
    assert (read["text"], read["variants"][0]["text"], read["name"]) == (
        "Better",
        "Better",
        "Spring",
    )
    wrong = api.patch(one, {"name": "", "priority": 10, "senders": ["nobody"]}, format="json")
    assert set(wrong.data) == {"name", "priority", "senders"}
    assert "segment" in api.patch(one, {"kind": "group"}, format="json").data
    assert api.put(one, body, format="json").status_code == 405
    Broadcast.objects.update(state="review", submitted_at=timezone.now())
    assert api.patch(one, {"name": "Late"}, format="json").status_code == 409
    Broadcast.objects.update(state="draft")
    assert api.delete(one).status_code == 204


def test_who_may_not_schedule_submits_and_somebody_else_approves(api, body):
    lead_staff = rows.staff()
    rows.customer(lead_staff)
    lead = APIClient()
    lead.force_authenticate(build.operator(role=Role.LEAD, staff_userid=lead_staff.userid))
    made = lead.post(URL, {**body, "holdout_percent": 0}, format="json").data
    one = f"{URL}{made['id']}/"
    refused = lead.post(f"{one}schedule/")
    assert (refused.status_code, refused.data["detail"].code) == (403, "needs_approval")
    assert lead.post(f"{one}submit/").data["state"] == "review"
    assert lead.post(f"{one}approve/").status_code == 403
    silent = api.post(f"{one}reject/", {}, format="json")
    assert (silent.status_code, list(silent.data)) == (400, ["note"])
    sent_back = api.post(f"{one}reject/", {"note": "Shorter, please"}, format="json").data
    assert (sent_back["state"], sent_back["review_note"]) == ("draft", "Shorter, please")
    lead.post(f"{one}submit/")
    assert lead.post(f"{one}withdraw/").data["state"] == "draft"
    lead.post(f"{one}submit/")
    assert api.post(f"{one}approve/").data["state"] == "scheduled"
    assert api.post(f"{one}approve/").status_code == 409


def test_pausing_and_stopping_keep_the_reason(api, body):
    rows.customer(rows.staff())
    one = f"{URL}{api.post(URL, {**body, 'holdout_percent': 0}, format='json').data['id']}/"
    api.post(f"{one}schedule/")
    assert api.post(f"{one}pause/", {"reason": "A wrong price"}, format="json").data["paused_at"]
    assert api.post(f"{one}pause/").status_code == 409
    assert api.post(f"{one}resume/").data["paused_at"] is None
    assert api.post(f"{one}stop/", {"reason": "Sold out"}, format="json").data["stop_reason"]
    noted = AuditEntry.objects.filter(details__has_key="note").order_by("pk")
    assert [entry.details["note"] for entry in noted] == ["A wrong price", "Sold out"]


def test_staff_are_reminded_over_the_api(api):
    rows.customer(rows.staff())
    spring = rows.frozen()
    assert api.post(f"{URL}{spring.pk}/remind/").status_code == 409
    Batch.objects.update(
        state="accepted", msgid="m1", intent_at=NOW, accepted_at=NOW, next_poll_at=NOW
    )
    assert api.post(f"{URL}{spring.pk}/remind/").data == {"tasks": 1, "left": 2}


def test_a_plan_is_made_of_a_draft_paused_and_deleted(api, body):
    plans = "/api/v1/broadcast-plans/"
    draft = api.post(URL, body, format="json").data["id"]
    rhythm = {"broadcast": draft, "every": "week", "weekdays": [1], "time": "10:00"}
    wrong = api.post(plans, {**rhythm, "until": "23:30"}, format="json")
    assert (wrong.status_code, list(wrong.data)) == (400, ["time"])
    wrong = api.post(plans, {**rhythm, "weekdays": [], "until": "18:00"}, format="json")
    assert list(wrong.data) == ["weekdays"]
    made = api.post(plans, {**rhythm, "until": "18:00"}, format="json").data
    assert (made["name"], made["is_active"]) == ("Spring", True)
    one = f"{plans}{made['id']}/"
    assert api.post(f"{one}pause/").data["next_at"] is None
    assert api.post(f"{one}pause/").status_code == 409
    assert api.post(f"{one}resume/").data["next_at"]
    assert [row["id"] for row in api.get(plans).data["results"]] == [made["id"]]
    assert api.delete(one).status_code == 204


def test_a_webhook_shows_its_secret_once_and_to_administrators_alone(api, settings):
    settings.WEBHOOK_INTERNAL_HOSTS = ["127.0.0.1"]
    hooks = "/api/v1/webhooks/"
    given = {"name": "ERP", "url": "http://127.0.0.1:9/scrm", "kinds": ["contact.added"]}
    made = api.post(hooks, given, format="json")
    assert (made.status_code, made.data["secret"][:6]) == (201, "whsec_")
    one = f"{hooks}{made.data['id']}/"
    assert "secret" not in api.get(one).data
    assert "secret" not in api.get(hooks).data[0]
    assert "url" in api.post(hooks, {**given, "url": "https://10.1.2.3/"}, format="json").data
    assert api.post(f"{one}disable/").data["is_active"] is False
    assert api.post(f"{one}enable/").data["is_active"] is True
    emit(kind="contact.added", subject_id=1, data={}, now=timezone.now())
    WebhookDelivery.objects.update(state="failed", next_at=None)
    (failed,) = api.get(f"{one}deliveries/?state=failed").data["results"]
    assert failed["kind"] == "contact.added"
    assert api.post(f"{one}replay/", {}, format="json").data == {"again": 1}
    again = {"deliveries": [failed["id"]]}
    assert api.post(f"{one}replay/", again, format="json").data == {"again": 1}
    other = APIClient()
    other.force_authenticate(build.operator(role=Role.OPERATOR))
    assert other.get(hooks).status_code == 403
    assert other.post(hooks, given, format="json").status_code == 403
