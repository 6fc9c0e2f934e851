"""The pages of tags, groups, rules and jobs."""

from __future__ import annotations

import pytest

from contacts.models import Tag, TagGroup, TagJob, TagRule
from contacts.services.facts import rebuild_facts
from contacts.services.segments import create_segment
from contacts.services.tag_jobs import start_tag_job
from scrm.console.models import Role
from tests import build
from tests.contacts import rows
from tests.contacts.rows import NOW
from tests.contacts.tag_rows import corp_tags, friends, internal, work

pytestmark = pytest.mark.django_db

EVERYBODY = {"field": "order.count", "op": ">=", "value": 0}


@pytest.fixture
def segment(operator):
    return create_segment(name="Everybody", rule=EVERYBODY, now=NOW, operator=operator)


def words(response):
    return response.content.decode()


def test_the_list_shows_groups_tags_counts_and_the_room_left(corp, operator_client, operator):
    sweet, _sour = corp_tags(corp, "sweet", "sour")
    people = friends(corp, 3)
    ids = [person.pk for person in people]
    work(start_tag_job(contact_ids=ids, add_tag_ids=[sweet.pk], operator=operator, now=NOW))
    internal("VIP")
    page = operator_client.get("/tags/")
    counted = {item.tag.name: item.customers for g in page.context["groups"] for item in g.tags}
    assert counted == {"sweet": 3, "sour": 0, "VIP": 0}
    assert "10,000" in words(page)


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("text=swe", {"sweet"}),
        ("text=Taste", {"sweet", "sour"}),
        ("text=nothing", set()),
        ("source=internal", {"VIP"}),
        ("source=wecom", {"sweet", "sour"}),
        ("source=rule", {"VIP"}),
        ("source=odd&text=%00", {"sweet", "sour", "VIP"}),
    ],
)
def test_tags_are_found_by_name_group_and_source(
    corp, operator_client, operator, segment, query, shown
):
    corp_tags(corp, "sweet", "sour")
    vip = internal("VIP")
    operator_client.post(f"/tags/{vip.pk}/rule/", {"do": "set", "segment": segment.pk})
    page = operator_client.get(f"/tags/?{query}")
    assert {item.tag.name for group in page.context["groups"] for item in group.tags} == shown


def test_the_number_of_queries_does_not_grow_with_tags(
    operator_client, django_assert_max_num_queries
):
    for number in range(30):
        internal(f"tag {number}", group=f"group {number % 5}")
    with django_assert_max_num_queries(14):
        operator_client.get("/tags/")


def test_a_group_is_created_filled_renamed_moved_and_deleted(operator_client):
    form = {"kind": "internal", "group_name": "House", "names": "VIP\nGold\n\n"}
    answer = operator_client.post("/tag-groups/new/", form)
    group = TagGroup.objects.get()
    assert answer.headers["Location"] == f"/tag-groups/{group.pk}/"
    operator_client.post(f"/tag-groups/{group.pk}/add/", {"names": "Silver"})
    operator_client.post(f"/tag-groups/{group.pk}/rename/", {"name": "Home"})
    page = operator_client.get(f"/tag-groups/{group.pk}/")
    assert [tag.name for tag, _count in page.context["tags"]] == ["VIP", "Gold", "Silver"]
    gold = Tag.objects.get(name="Gold")
    answer = operator_client.post(f"/tags/{gold.pk}/move/", {"to": "up"})
    assert answer.headers["Location"].endswith(f"#tag-{gold.pk}")
    assert Tag.objects.filter(group=group).first() == gold
    operator_client.post(f"/tag-groups/{group.pk}/move/", {"to": "up"})
    operator_client.post(f"/tag-groups/{group.pk}/delete/")
    assert not TagGroup.objects.filter(is_gone=False).exists()


def test_a_refused_form_comes_back_as_it_was_typed(operator_client):
    form = {"kind": "wecom", "group_name": "Taste", "names": "x" * 31}
    page = operator_client.post("/tag-groups/new/", form)
    assert "x" * 31 in words(page)
    assert page.context["problem_field"] == "names"
    assert not TagGroup.objects.exists()


def test_what_wecom_refuses_is_said_and_the_tag_shows_it_from_then_on(corp, operator_client):
    (theirs,) = corp_tags(corp, "theirs", by_app=False)
    page = operator_client.post(f"/tags/{theirs.pk}/rename/", {"name": "mine"}, follow=True)
    assert [message.level_tag for message in page.context["messages"]] == ["error"]
    assert f"/tags/{theirs.pk}/rename/" not in words(page)
    assert "theirs" in words(page)


def test_deleting_says_how_many_carry_the_tag_and_what_names_it(operator_client, operator):
    vip = internal("VIP")
    person = rows.contact()
    rebuild_facts()
    work(start_tag_job(contact_ids=[person.pk], add_tag_ids=[vip.pk], operator=operator, now=NOW))
    rule = {"field": "tag", "op": "any", "value": [vip.pk]}
    create_segment(name="The VIPs", rule=rule, now=NOW, operator=operator)
    page = operator_client.get(f"/tags/{vip.pk}/")
    assert (page.context["customers"], page.context["uses"][0].name) == (1, "The VIPs")
    question = words(page).split("data-confirm=")[-1]
    assert "VIP" in question
    assert "The VIPs" in question
    answer = operator_client.post(f"/tags/{vip.pk}/delete/")
    assert answer.headers["Location"] == "/tags/"


def test_a_rule_is_set_paused_resumed_run_and_deleted_on_the_page(operator_client, segment):
    vip = internal("VIP")
    address = f"/tags/{vip.pk}/rule/"
    page = operator_client.post(address, {"do": "set", "segment": "odd"}, follow=True)
    assert [message.level_tag for message in page.context["messages"]] == ["error"]
    operator_client.post(address, {"do": "set", "segment": segment.pk})
    operator_client.post(address, {"do": "pause"})
    assert TagRule.objects.get().is_paused
    operator_client.post(address, {"do": "resume"})
    operator_client.post(address, {"do": "run"})
    assert "Everybody" in words(operator_client.get(f"/tags/{vip.pk}/"))
    operator_client.post(address, {"do": "delete"})
    assert not TagRule.objects.exists()


def test_a_job_is_ordered_watched_and_cancelled(operator_client, segment):
    vip = internal("VIP")
    rows.contact()
    rebuild_facts()
    answer = operator_client.post("/tag-jobs/new/", {"segment": segment.pk, "add": [vip.pk]})
    job = TagJob.objects.get()
    assert answer.headers["Location"] == f"/tag-jobs/{job.pk}/"
    assert "every 2s" in words(operator_client.get(f"/tag-jobs/{job.pk}/"))
    assert "VIP" in words(operator_client.get(f"/tag-jobs/{job.pk}/progress/"))
    assert "VIP" in words(operator_client.get("/tag-jobs/"))
    operator_client.post(f"/tag-jobs/{job.pk}/cancel/")
    done = operator_client.get(f"/tag-jobs/{job.pk}/progress/")
    assert done.headers["HX-Refresh"] == "true"
    assert "every 2s" not in words(operator_client.get(f"/tag-jobs/{job.pk}/"))


def test_an_order_for_nobody_or_nothing_is_refused_on_the_form(operator_client, segment):
    vip = internal("VIP")
    for form in ({"segment": segment.pk}, {"segment": segment.pk, "add": [vip.pk]}):
        assert operator_client.post("/tag-jobs/new/", form).context["form"].errors
    assert operator_client.post("/tag-jobs/new/", {"add": ["odd"]}).context["form"].errors


def test_failures_are_listed_and_come_as_csv(corp, operator_client, operator):
    (sweet,) = corp_tags(corp, "sweet")
    (amy,) = friends(corp, 1)
    corp.state.unfollow_by_staff("alice", amy.external_userid)
    job = start_tag_job(contact_ids=[amy.pk], add_tag_ids=[sweet.pk], operator=operator, now=NOW)
    work(job)
    assert "84061" in words(operator_client.get(f"/tag-jobs/{job.pk}/"))
    table = operator_client.get(f"/tag-jobs/{job.pk}/failures/")
    assert amy.external_userid in b"".join(table.streaming_content).decode()


def test_a_lead_sees_own_jobs_alone(client, operator):
    vip = internal("VIP")
    job = start_tag_job(
        contact_ids=[rows.contact().pk], add_tag_ids=[vip.pk], operator=operator, now=NOW
    )
    client.force_login(build.operator(role=Role.LEAD, staff_userid="alice"))
    assert client.get(f"/tag-jobs/{job.pk}/").status_code == 404
    assert client.post(f"/tag-jobs/{job.pk}/cancel/").status_code == 404
    assert client.get("/tag-jobs/").context["rows"] == []
    assert client.post(f"/tags/{vip.pk}/rename/", {"name": "x"}).status_code == 403
