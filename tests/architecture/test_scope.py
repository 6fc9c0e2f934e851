"""Service staff and leads never meet customers outside their scope, wherever they look."""

from __future__ import annotations

import pytest

from tests.architecture.addresses import every_address
from tests.architecture.test_access import ask, logged_in
from tests.architecture.world import STRANGER, THEIR_PHONE, world
from tests.broadcasts import rows as broadcast_rows

pytestmark = pytest.mark.django_db

NARROW = pytest.mark.parametrize("role", ["lead", "staff"])
RULE = {"rule": broadcast_rows.EVERYBODY}


@pytest.fixture
def there(db):
    return world()


def text_of(answer):
    """What can be read of it; a picture or a film has no words."""
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    kind = answer.headers.get("Content-Type", "").partition("/")[0]
    return "" if kind in {"image", "audio", "video"} else body.decode()


@NARROW
def test_no_address_shows_a_customer_of_others(there, role):
    client = logged_in(there.operators[role])
    foreign = (STRANGER, THEIR_PHONE, THEIR_PHONE[-4:], there.theirs.external_userid)
    for address in every_address():
        if address.name.startswith("admin:logout"):
            continue
        # What is about one row takes no search.
        is_list = "<" not in address.route
        for query in ("", "?q=Elsewhere&text=Elsewhere&members=before")[: 1 + is_list]:
            answer = client.get(address.path(there) + query)
            shown = text_of(answer).replace('value="Elsewhere"', "")
            for word in foreign:
                assert word not in shown, (address.name, query, word)


@NARROW
@pytest.mark.parametrize(
    "path",
    [
        *("contacts/{}/", "contacts/{}/events/", "api/v1/contacts/{}/", "segments/1/?contact={}"),
        "api/v1/contacts/{}/profile/",
    ],
)
def test_the_number_of_a_foreign_customer_is_not_found(there, role, path):
    client = logged_in(there.operators[role])
    path = path.replace("/1/", f"/{there.segment.pk}/").format(there.theirs.pk)
    # Service staff may not open segments at all.
    expected = 403 if role == "staff" and "segments" in path else 404
    assert client.get(f"/{path}").status_code == expected


@NARROW
def test_nothing_can_be_recorded_about_a_foreign_customer(there, role):
    client = logged_in(there.operators[role])
    answer = client.post(f"/contacts/{there.theirs.pk}/preference/", {"ask": "never"})
    assert answer.status_code == (404 if role == "lead" else 403)
    assert not hasattr(there.theirs, "preference")


@NARROW
def test_notes_and_tasks_of_foreign_customers_are_not_found(there, role):
    client = logged_in(there.operators[role])
    note, task = there.theirs.notes.get(), there.theirs.staff_tasks.get()
    for path in (f"api/v1/notes/{note.pk}", f"api/v1/tasks/{task.pk}"):
        assert client.get(f"/{path}/").status_code == 404
    for path in (f"tasks/{task.pk}/close", f"contacts/{there.theirs.pk}/notes"):
        assert client.post(f"/{path}/", {"text": "x"}).status_code == 404
    assert client.post(f"/api/v1/tasks/{task.pk}/done/").status_code in {403, 404}
    noted = {"contact": there.theirs.pk, "text": "x"}
    answer = client.post("/api/v1/notes/", noted, content_type="application/json")
    assert answer.status_code == 400
    assert there.theirs.notes.count() == 1


@NARROW
def test_the_group_of_others_is_not_found(there, role):
    client = logged_in(there.operators[role])
    assert client.get(f"/groups/{there.their_group.pk}/").status_code == 404
    assert client.get(f"/groups/{there.group.pk}/").status_code == 200


def test_a_lead_counts_her_own_customers_alone(there):
    client = logged_in(there.operators["lead"])
    preview = client.post(
        "/segments/preview/", RULE["rule"], content_type="application/json"
    ).json()
    assert preview["count"] == 1
    assert [person["id"] for person in preview["sample"]] == [there.ours.pk]
    counted = client.post("/api/v1/segments/count/", RULE, content_type="application/json")
    assert counted.json()["count"] == 1


def test_a_segments_size_is_told_to_those_who_see_everybody(there):
    client = logged_in(there.operators["operator"])
    client.post(f"/segments/{there.segment.pk}/recount/")
    there.segment.refresh_from_db()
    assert there.segment.size == 2
    assert client.get("/api/v1/segments/").json()["results"][0]["size"] == 2


def test_a_lead_is_told_her_part_of_a_segments_size(there):
    client = logged_in(there.operators["lead"])
    answer = client.post(f"/segments/{there.segment.pk}/recount/", follow=True)
    assert answer.context["size"] == 1
    assert client.get("/api/v1/segments/").json()["results"][0]["size"] is None
    again = client.post(f"/api/v1/segments/{there.segment.pk}/recount/").json()
    assert again["size"] is None
    assert client.get("/segments/").context["rows"][0]["size"] is None


def test_the_figures_of_a_lead_are_of_her_own_customers(there):
    for role, customers in (("lead", 1), ("analyst", 2)):
        client = logged_in(there.operators[role])
        assert client.get("/api/v1/analytics/overview/").json()["customers"] == customers


def test_a_broadcast_of_others_is_not_found_by_any_of_its_addresses(there):
    client = logged_in(there.operators["lead"])
    for address in every_address():
        if "broadcasts" in address.route and ("pk>" in address.route):
            for method in ("get", "post"):
                answer = ask(client, method, address.path(there))
                # Downloading recipients, approving and repeating are not for leads at all.
                refused = {403} if "export" in address.name else {404, 405}
                if address.name.endswith(("-approve", "-reject", "-repeat")):
                    refused = {403, 405}
                assert answer.status_code in refused, (address.name, method)


def test_a_lead_sees_of_her_own_broadcast_her_own_customers(there):
    lead = there.operators["lead"]
    broadcast = broadcast_rows.broadcast(
        state="draft", scheduled_at=None, segment=there.segment, created_by=lead
    )
    client = logged_in(lead)
    run = client.get(f"/api/v1/broadcasts/{broadcast.pk}/dry_run/").json()
    assert run["total"] == 1
    for address in every_address():
        if "broadcasts" in address.route and ("pk>" in address.route):
            path = address.path(there).replace(f"/{there.broadcast.pk}/", f"/{broadcast.pk}/")
            assert STRANGER not in text_of(client.get(path)), address.name
