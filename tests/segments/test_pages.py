"""The pages of segments: list, builder, live count, detail."""

from __future__ import annotations

import json

import pytest
from django.urls import reverse

from contacts.models import Contact, Follow, Segment, Staff
from contacts.services.segments import create_segment
from scrm.console.models import Role
from tests import build
from tests.segments.people import NOW, customer

BOUGHT = {"all": [{"field": "order.count", "op": ">=", "value": 1}]}


@pytest.fixture
def segment(there):
    customer("Anna", order_days=2)
    return create_segment(name="老客户", rule=BOUGHT, now=NOW)


def preview(client, rule):
    body = rule if isinstance(rule, str) else json.dumps(rule)
    return client.post(reverse("console:segment-preview"), body, content_type="application/json")


def test_the_list_shows_name_words_and_size(operator_client, segment):
    page = operator_client.get(reverse("console:segment-list")).content.decode()
    assert "老客户" in page
    assert "购买次数 ≥ 1" in page


def test_a_rule_that_can_no_longer_be_read_does_not_break_the_list(operator_client, segment):
    Segment.objects.update(rule={"field": "gone.field", "op": "=", "value": 1})
    for name, arguments in (("segment-list", []), ("segment", [segment.pk])):
        response = operator_client.get(reverse(f"console:{name}", args=arguments))
        assert "gone.field" in response.content.decode()
    assert (
        operator_client.get(reverse("console:segment-edit", args=[segment.pk])).status_code == 200
    )


def test_the_builder_saves_a_new_segment(operator_client, there):
    customer("Anna", order_days=2)
    address = reverse("console:segment-new")
    assert operator_client.get(address).status_code == 200
    response = operator_client.post(address, {"name": "复购", "rule": json.dumps(BOUGHT)})
    saved = Segment.objects.get()
    assert response.headers["Location"] == reverse("console:segment", args=[saved.pk])
    assert (saved.name, saved.size, saved.rule) == ("复购", 1, BOUGHT)


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"name": "", "rule": json.dumps(BOUGHT)}, "请给人群起个名称"),
        ({"name": "x", "rule": '{"any": []}'}, "any: "),
        ({"name": "x", "rule": "{"}, "请填写一个对象"),
    ],
)
def test_a_refused_save_says_why_and_keeps_what_was_typed(operator_client, there, typed, told):
    page = operator_client.post(reverse("console:segment-new"), typed).content.decode()
    assert told in page
    assert f'value="{typed["name"]}"' in page
    assert not Segment.objects.exists()


def test_an_edit_on_an_older_version_is_refused(operator_client, segment):
    address = reverse("console:segment-edit", args=[segment.pk])
    other = {"field": "order.count", "op": ">=", "value": 5}
    typed = {"name": "老客户", "version": "1", "rule": json.dumps(other)}
    assert operator_client.post(address, typed).status_code == 302
    assert "已被其他人修改" in operator_client.post(address, typed).content.decode()


def test_an_archived_segment_leaves_the_list(operator_client, segment):
    operator_client.post(reverse("console:segment-archive", args=[segment.pk]))
    page = operator_client.get(reverse("console:segment-list")).content.decode()
    assert reverse("console:segment", args=[segment.pk]) not in page


def test_a_recount_updates_the_size(operator_client, segment):
    customer("Bea", order_days=1)
    operator_client.post(reverse("console:segment-recount", args=[segment.pk]))
    segment.refresh_from_db()
    assert segment.size == 2


def test_the_live_count_answers_with_words_and_a_sample(operator_client, segment):
    answer = preview(operator_client, BOUGHT).json()
    assert answer["count"] == 1
    assert answer["ms"] >= 0
    assert answer["words"] == "购买次数 ≥ 1"
    assert [contact["name"] for contact in answer["sample"]] == ["Anna"]
    assert answer["errors"] == []


def test_the_live_count_names_the_places_of_all_errors(operator_client, there):
    rule = {"any": [{"field": "stage", "op": "in", "value": []}, {"field": "?"}]}
    answer = preview(operator_client, rule).json()
    assert answer["count"] is None
    assert [error["path"] for error in answer["errors"]] == ["any[0].value", "any[1].field"]


@pytest.mark.parametrize("body", ["", "nonsense", "[" * 100_000, "\ufffd"])
def test_the_live_count_survives_any_body(operator_client, there, body):
    assert preview(operator_client, body).json()["errors"]


def test_a_lead_counts_and_samples_only_her_departments_customers(client, there):
    mine, theirs = customer("Mine", order_days=1), customer("Theirs", order_days=1)
    alice, bob = Staff.objects.get(userid="alice"), Staff.objects.get(userid="bob")
    Staff.objects.filter(pk=alice.pk).update(department_wecom_ids=[3])
    Staff.objects.filter(pk=bob.pk).update(department_wecom_ids=[4])
    for contact, staff in ((mine, alice), (theirs, bob)):
        Follow.objects.create(contact=contact, staff=staff, added_at=NOW)
    client.force_login(build.operator(role=Role.LEAD, staff_userid="alice"))
    answer = preview(client, BOUGHT).json()
    assert answer["count"] == 1
    assert [contact["name"] for contact in answer["sample"]] == ["Mine"]
    segment = create_segment(name="S", rule=BOUGHT, now=NOW)
    address = reverse("console:segment", args=[segment.pk])
    assert client.get(f"{address}?contact={mine.pk}").status_code == 200
    assert client.get(f"{address}?contact={theirs.pk}").status_code == 404
    assert list(client.get(f"{address}?q=heirs").context["found"]) == []


def test_the_detail_page_shows_some_of_its_customers_with_a_way_to_ask_why(
    operator_client, segment
):
    inside = customer("Bea", order_days=1)
    outside = customer("Cleo", order_days=0)
    page = operator_client.get(reverse("console:segment", args=[segment.pk])).content.decode()
    assert reverse("console:contact", args=[inside.pk]) in page
    assert f"?contact={inside.pk}#why" in page
    assert reverse("console:contact", args=[outside.pk]) not in page


def test_namesakes_are_told_apart_and_a_cut_list_says_so(operator_client, segment):
    for _number in range(11):
        customer("小满", order_days=1)
    address = reverse("console:segment", args=[segment.pk])
    page = operator_client.get(f"{address}?q=小满").content.decode()
    assert page.count("&amp;q=") == 10
    assert "仅显示最近添加的 10 位" in page
    assert "新增 · " in page


def test_the_customers_page_leads_to_why_she_is_in(operator_client, segment):
    anna = customer("Bea", order_days=1)
    page = operator_client.get(reverse("console:contact", args=[anna.pk])).content.decode()
    assert f"/contacts/{anna.pk}/why/?segment={segment.pk}" in page


def test_the_detail_page_says_why_a_customer_is_in(operator_client, segment):
    anna = customer("Bea", order_days=0)
    address = reverse("console:segment", args=[segment.pk])
    page = operator_client.get(f"{address}?q=Bea&contact={anna.pk}").content.decode()
    assert "不在此人群中" in page
    assert "✗" in page


@pytest.mark.parametrize("number", ["0", "abc", "²", "9" * 30])
def test_a_made_up_customer_is_not_found_or_ignored(operator_client, segment, number):
    address = reverse("console:segment", args=[segment.pk])
    assert operator_client.get(f"{address}?contact={number}").status_code in {200, 404}


@pytest.mark.parametrize("query", ["甜", "口味", "", "%", "\x00"])
def test_the_tag_picker_finds_by_name_and_by_group(operator_client, there, query):
    found = operator_client.get(
        reverse("console:segment-choices"), {"field": "tag", "q": query}
    ).json()["choices"]
    labels = [choice["label"] for choice in found]
    expected = {"甜": ["甜"], "口味": ["甜", "辣"], "%": []}.get(
        query, ["华东", "华南", "甜", "辣"]
    )
    assert sorted(labels) == sorted(expected)


def test_every_field_with_choices_has_a_picker(operator_client, there):
    from scrm.segments.fields import vocabulary

    for name in vocabulary():
        response = operator_client.get(reverse("console:segment-choices"), {"field": name})
        assert response.status_code == 200


@pytest.mark.parametrize(
    ("role", "may_look", "may_change"),
    [
        (Role.OPERATOR, True, True),
        (Role.LEAD, True, False),
        (Role.ANALYST, True, False),
        (Role.STAFF, False, False),
    ],
)
def test_roles_look_and_change_as_they_may(client, segment, role, may_look, may_change):
    client.force_login(build.operator(role=role))
    looked = client.get(reverse("console:segment-list")).status_code
    assert looked == (200 if may_look else 403)
    assert preview(client, BOUGHT).status_code == (200 if may_look else 403)
    changed = client.get(reverse("console:segment-edit", args=[segment.pk])).status_code
    assert changed == (200 if may_change else 403)
    archived = client.post(reverse("console:segment-archive", args=[segment.pk])).status_code
    assert archived == (302 if may_change else 403)


def act(client, verb, segment, **posted):
    return client.post(reverse(f"console:segment-{verb}", args=[segment.pk]), posted, follow=True)


def test_versions_show_what_changed_and_the_earlier_rule_comes_back(operator_client, segment):
    other = {"all": [BOUGHT["all"][0], {"field": "stage", "op": "in", "value": ["silent"]}]}
    typed = {"name": "老客户", "version": "1", "rule": json.dumps(other)}
    operator_client.post(reverse("console:segment-edit", args=[segment.pk]), typed)
    address = reverse("console:segment-versions", args=[segment.pk])
    page = operator_client.get(address).content.decode()
    assert "<ins>" in page
    assert "生命周期阶段为 沉默" in page
    assert "<del>" not in page
    page = act(operator_client, "restore", segment, version="1").content.decode()
    assert "已恢复版本 1 的规则" in page
    segment.refresh_from_db()
    assert (segment.version, segment.rule) == (3, BOUGHT)
    assert "<del>" in operator_client.get(address).content.decode()


@pytest.mark.parametrize("version", ["", "9", "x"])
def test_a_made_up_version_changes_nothing(operator_client, segment, version):
    assert act(operator_client, "restore", segment, version=version).status_code == 200
    segment.refresh_from_db()
    assert segment.version == 1


def test_a_static_segment_is_made_shown_and_taken_anew(operator_client, segment):
    page = act(operator_client, "freeze", segment, name="三月名单").content.decode()
    assert "成员固定于" in page
    frozen = Segment.objects.get(name="三月名单")
    assert (frozen.source, frozen.size) == (segment, 1)
    customer("Bea", order_days=3)
    assert "已重新生成成员" in act(operator_client, "refreeze", frozen).content.decode()
    frozen.refresh_from_db()
    assert frozen.size == 2
    detail = operator_client.get(reverse("console:segment", args=[segment.pk])).content.decode()
    assert "三月名单" in detail


def test_a_refused_name_of_a_static_segment_says_why(operator_client, segment):
    page = act(operator_client, "freeze", segment, name="老客户").content.decode()
    assert "同名" in page
    assert Segment.objects.count() == 1


def test_the_detail_page_lists_what_uses_it_and_leads_to_a_broadcast(operator_client, segment):
    within = reverse("console:segment-new") + f"?within={segment.pk}"
    rule = operator_client.get(within).context["rule"]
    assert rule == {"all": [{"field": "segment", "op": "any", "value": [segment.pk]}]}
    create_segment(name="里层", rule=rule, now=NOW)
    page = operator_client.get(reverse("console:segment", args=[segment.pk])).content.decode()
    assert "里层" in page
    assert f"{reverse('console:broadcast-new')}?segment={segment.pk}" in page
    assert "里层" in act(operator_client, "archive", segment).content.decode()
    segment.refresh_from_db()
    assert not segment.is_archived


def test_why_is_told_group_by_group(operator_client, segment):
    rule = {"any": [{"not": {"all": [BOUGHT["all"][0]]}}, BOUGHT["all"][0]]}
    nested = create_segment(name="套", rule=rule, now=NOW)
    pk = Contact.objects.get().pk
    address = reverse("console:segment", args=[nested.pk])
    lines = operator_client.get(f"{address}?contact={pk}").context["why"].lines
    assert [(line.depth, line.is_group, line.holds) for line in lines] == [
        (0, True, True),
        (1, True, False),
        (2, False, True),
        (1, False, True),
    ]


def test_channels_are_offered_by_name_and_other_states_as_they_are(operator_client, there):
    customer("Anna", states=("store_9", "store_8"))
    answer = operator_client.get(
        reverse("console:segment-choices"), {"field": "follow.state", "q": "_9"}
    )
    assert [row["key"] for row in answer.json()["choices"]] == ["store_9"]
