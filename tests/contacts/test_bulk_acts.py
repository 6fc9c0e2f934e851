"""What is done with many customers of the list at once, to whom, and by whom it may."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from django.utils import timezone

from contacts.models import Contact, ContactEvent, ContactFacts, Preference, TagJob, TagJobItem
from contacts.services.bulk_preferences import pause_many, refuse_contact_with_many
from contacts.services.facts import rebuild_facts
from scrm.audit.models import AuditEntry
from scrm.console.models import Role
from scrm.errors import InvalidInput
from tests import build
from tests.contacts import rows
from tests.contacts.tag_rows import internal

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(db):
    """Three friends of one, the last of them silent, and a friend of somebody else."""
    member = rows.staff(userid="alice")
    made = [rows.contact(name=name) for name in ("Amy", "Bob", "Cat")]
    made[2].stage = "silent"
    made[2].save()
    for person in made:
        rows.follow(person, member)
    made.append(rows.contact(name="Dan"))
    rows.follow(made[3], rows.staff())
    rebuild_facts()
    return made


def jobs_customers():
    return set(TagJobItem.objects.values_list("contact_id", flat=True))


def test_ticked_rows_are_tagged_by_a_job(operator_client, people):
    tag = internal("Fan")
    chosen = [people[0].pk, people[1].pk]
    answer = operator_client.post("/contacts/tag/", {"pick": chosen, "add_tag": [tag.pk]})
    job = TagJob.objects.get()
    assert answer.url == f"/tag-jobs/{job.pk}/"
    assert (job.add_tag_ids, job.remove_tag_ids, job.total) == ([tag.pk], [], 2)
    assert jobs_customers() == set(chosen)


def test_everybody_whom_the_filter_finds_is_tagged_whatever_the_page_shows(operator_client, people):
    tag = internal("Fan")
    form = {"who": "all", "pick": [people[0].pk], "remove_tag": [tag.pk]}
    operator_client.post("/contacts/tag/?stage=silent", form)
    assert jobs_customers() == {people[2].pk}


def test_a_lead_acts_on_customers_in_scope_alone(client, people):
    client.force_login(build.operator(role=Role.LEAD, staff_userid="alice"))
    tag = internal("Fan")
    client.post("/contacts/tag/", {"who": "all", "add_tag": [tag.pk]})
    assert jobs_customers() == {person.pk for person in people[:3]}
    client.post("/contacts/preference/", {"pick": [people[3].pk], "ask": "never"})
    assert not Preference.objects.exists()


@pytest.mark.parametrize("form", [{}, {"pick": ["x"]}, {"add_tag": ["x"]}])
def test_without_customers_or_tags_there_is_no_job_but_a_sentence(operator_client, people, form):
    page = operator_client.post("/contacts/tag/", {"pick": [people[0].pk], **form}, follow=True)
    assert [str(message) for message in page.context["messages"]]
    assert not TagJob.objects.exists()


def test_the_chosen_are_never_written_to_again(operator_client, people):
    form = {"pick": [people[0].pk, people[1].pk], "ask": "never"}
    for _twice in range(2):
        operator_client.post("/contacts/preference/?stage=new", form)
    assert Preference.objects.filter(is_do_not_contact=True).count() == 2
    refused = ContactFacts.objects.filter(is_do_not_contact=True)
    assert {facts.pk for facts in refused} == {people[0].pk, people[1].pk}
    assert ContactEvent.objects.filter(kind="preference").count() == 2
    first, second = AuditEntry.objects.order_by("pk")
    assert first.action == "preference.do_not_contact_many"
    assert first.details == {"source": "console", "customers": 2, "news": 2}
    assert second.details["news"] == 0


def test_a_pause_lasts_until_the_end_of_its_day_and_leaves_the_rest_as_it_was(
    operator_client, people
):
    Preference.objects.create(contact=people[0], is_do_not_contact=True, updated_at=timezone.now())
    day = timezone.localdate() + timedelta(days=3)
    form = {"pick": [people[0].pk], "ask": "pause", "until": str(day)}
    operator_client.post("/contacts/preference/", form)
    preference = Preference.objects.get()
    assert timezone.localtime(preference.pause_until).date() == day + timedelta(days=1)
    assert preference.is_do_not_contact


@pytest.mark.parametrize("until", ["", "soon", "2020-01-01", "9999-12-31"])
def test_a_pause_needs_a_day_to_come(operator_client, people, until):
    form = {"pick": [people[0].pk], "ask": "pause", "until": until}
    page = operator_client.post("/contacts/preference/", form, follow=True)
    assert [str(message) for message in page.context["messages"]]
    assert not Preference.objects.exists()


def test_nobody_and_a_moment_that_is_over_are_refused(people, operator):
    now = timezone.now()
    acting = {"source": "console", "operator": operator, "now": now}
    with pytest.raises(InvalidInput) as refused:
        refuse_contact_with_many(contacts=Contact.objects.none(), **acting)
    assert refused.value.field == "pick"
    with pytest.raises(InvalidInput) as refused:
        pause_many(contacts=Contact.objects.all(), until=now, **acting)
    assert refused.value.field == "until"


@pytest.mark.parametrize("role", [Role.STAFF, Role.ANALYST])
def test_who_may_only_look_gets_no_bar_and_is_refused(client, people, role):
    client.force_login(build.operator(role=role, staff_userid="alice"))
    page = client.get("/contacts/?view=0").content.decode()
    assert 'id="acts"' not in page
    assert 'name="pick"' not in page
    for path in ("tag", "preference", "segment", "export"):
        assert client.post(f"/contacts/{path}/", {"who": "all"}).status_code == 403


def exported(client, path="/contacts/export/", **form):
    response = client.post(path, form)
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


def test_an_export_holds_the_chosen_rows_and_columns(operator_client, people):
    form = {"who": "ticked", "pick": [people[1].pk], "column": ["orders", "name", "nonsense"]}
    header, *lines = exported(operator_client, **form)
    assert (len(header), lines) == (2, [["Bob", "0"]])
    details = AuditEntry.objects.get().details
    assert (details["customers"], details["columns"]) == (1, ["name", "orders"])


def test_an_export_of_nobody_is_refused(operator_client, people):
    page = operator_client.post("/contacts/export/", {"who": "ticked"}, follow=True)
    assert [str(message) for message in page.context["messages"]]
    assert not AuditEntry.objects.exists()


def test_an_export_asks_the_same_number_of_questions_for_each_thousand(
    operator_client, people, django_assert_max_num_queries
):
    with django_assert_max_num_queries(16):
        assert len(exported(operator_client)) == 5
