"""Tags, groups, rules and jobs over the REST API."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.authtoken.models import Token

from contacts.models import ContactTag, Tag, TagJob, TagRule
from contacts.services.segments import create_segment
from scrm.console.models import Role
from tests import build
from tests.contacts import rows
from tests.contacts.rows import NOW
from tests.contacts.tag_rows import corp_tags, friends, internal, work

pytestmark = pytest.mark.django_db


class Api:
    """Asks as an operator, in JSON."""

    def __init__(self, operator):
        token = Token.objects.create(user=operator)
        self._client = Client(headers={"authorization": f"Token {token.key}"})

    def __call__(self, method, path, data=None):
        return getattr(self._client, method)(
            f"/api/v1/{path}", data=data, content_type="application/json"
        )


@pytest.fixture
def api(operator):
    return Api(operator)


def test_a_group_with_tags_is_made_listed_renamed_moved_and_deleted(api):
    made = api("post", "tag-groups/", {"name": "House", "kind": "internal", "tag_names": ["b"]})
    group = made.json()["id"]
    assert made.status_code == 201
    tag = api("post", "tags/", {"name": " a ", "group": group}).json()
    assert tag["name"] == "a"
    assert api("post", f"tags/{tag['id']}/move/", {"to": "up"}).status_code == 200
    found = api("get", "tags/?kind=internal&name=A").json()["results"]
    assert [one["name"] for one in found] == ["a"]
    assert api("patch", f"tags/{tag['id']}/", {"name": "c"}).json()["name"] == "c"
    assert api("patch", f"tag-groups/{group}/", {"name": "Home"}).json()["name"] == "Home"
    assert list(Tag.objects.values_list("name", flat=True)) == ["c", "b"]
    assert api("delete", f"tag-groups/{group}/").status_code == 204
    assert api("get", "tag-groups/").json()["results"] == []


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("tag-groups/", {"name": "Taste"}, "tag_names"),
        ("tag-groups/", {"name": "House", "kind": "internal"}, "name"),
        ("tags/", {"name": "VIP", "group": "house"}, "names"),
        ("tag-jobs/", {"add_tag_ids": ["vip"]}, "contact_ids"),
        ("tag-jobs/", {"contact_ids": [1]}, "add_tag_ids"),
        ("tag-jobs/", {"segment_rule": {"field": "nonsense"}, "add_tag_ids": ["vip"]}, "detail"),
    ],
)
def test_what_will_not_do_answers_400_at_its_field(api, path, body, field):
    vip = internal("VIP")
    known = {"house": vip.group_id, "vip": vip.pk}
    body = {
        key: [known.get(one, one) for one in value]
        if isinstance(value, list)
        else known.get(value, value)
        if isinstance(value, str)
        else value
        for key, value in body.items()
    }
    answer = api("post", path, body)
    assert (answer.status_code, list(answer.json())) == (400, [field])


def test_wecoms_refusal_is_told(corp, api):
    (theirs,) = corp_tags(corp, "theirs", by_app=False)
    answer = api("patch", f"tags/{theirs.pk}/", {"name": "mine"})
    assert answer.status_code == 400
    assert api("get", f"tags/{theirs.pk}/").json()["is_ours"] is False


def test_customers_are_marked_by_a_job_whose_failures_can_be_read(corp, api):
    (sweet,) = corp_tags(corp, "sweet")
    (amy,) = friends(corp, 1)
    stranger = rows.contact()
    body = {"contact_ids": [amy.pk, stranger.pk], "add_tag_ids": [sweet.pk]}
    job = api("post", "tag-jobs/", body).json()
    assert (job["state"], job["total"]) == ("ready", 2)
    work(TagJob.objects.get(), at=timezone.now())
    done = api("get", f"tag-jobs/{job['id']}/").json()
    assert (done["state"], done["failed"], done["marked"]) == ("done", 1, 1)
    (failure,) = api("get", f"tag-jobs/{job['id']}/failures/").json()["results"]
    assert (failure["contact"], failure["problem"]) == (stranger.pk, "no_friend")
    assert api("post", f"tag-jobs/{job['id']}/cancel/").json()["state"] == "done"


def test_a_segment_is_marked_and_the_job_cancelled(api):
    vip, person = internal("VIP"), rows.contact()
    rule = {"field": "order.count", "op": ">=", "value": 0}
    empty = api("post", "tag-jobs/", {"segment_rule": rule, "add_tag_ids": [vip.pk]})
    assert empty.status_code == 400  # nobody has facts yet
    job = api("post", "tag-jobs/", {"contact_ids": [person.pk], "add_tag_ids": [vip.pk]}).json()
    assert api("post", f"tag-jobs/{job['id']}/cancel/").json()["state"] == "cancelled"
    assert not ContactTag.objects.exists()


def test_a_rule_is_set_and_dropped(api, operator):
    vip = internal("VIP")
    rule = {"field": "order.count", "op": ">=", "value": 1}
    segment = create_segment(name="Buyers", rule=rule, now=NOW, operator=operator)
    answer = api("post", f"tags/{vip.pk}/rule/", {"segment": segment.pk})
    assert (answer.status_code, answer.json()["segment"]) == (200, segment.pk)
    assert api("delete", f"tags/{vip.pk}/").status_code == 400
    assert api("delete", f"tags/{vip.pk}/rule/").status_code == 204
    assert not TagRule.objects.exists()
    assert api("delete", f"tags/{vip.pk}/").status_code == 204


def test_an_odd_cursor_is_refused(api):
    internal("VIP")
    for cursor in ("x", "cD1hYmM=", "cD05OTk5OTk5OTk5OTk5OTk5OTk5OTk5"):
        assert api("get", f"tags/?cursor={cursor}").status_code in {400, 404}


def test_a_lead_marks_own_customers_and_changes_no_tag():
    vip = internal("VIP")
    member = rows.staff(userid="alice")
    own, foreign = rows.contact(), rows.contact()
    rows.follow(own, member)
    lead = Api(build.operator(role=Role.LEAD, staff_userid="alice"))
    body = {"contact_ids": [own.pk, foreign.pk], "add_tag_ids": [vip.pk]}
    assert lead("post", "tag-jobs/", body).json()["total"] == 1
    assert lead("patch", f"tags/{vip.pk}/", {"name": "x"}).status_code == 403
