"""The pages of journeys: written, checked, published, tried, watched, left."""

from __future__ import annotations

import json
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from django.utils import timezone
from django.utils.html import escape
from django.utils.translation import gettext

from broadcasts.models import Broadcast, Journey, JourneyEnrolment, JourneyRun, JourneyStepLog
from broadcasts.selectors.journey_definitions import draft_problems
from broadcasts.selectors.journey_templates import TEMPLATES
from broadcasts.selectors.journey_words import journey_reason
from broadcasts.services.journey_enrolments import work_enrolments
from broadcasts.services.journey_runs import advance_due
from broadcasts.views import journey_shape
from broadcasts.views.journey_cards import cost_words
from contacts.models import Preference
from scrm.audit.models import AuditEntry
from scrm.console.models import Role
from tests import build
from tests.broadcasts import journey_rows as given
from tests.broadcasts.rows import customer, segment
from tests.contacts.rows import staff

pytestmark = pytest.mark.django_db
LIST = "/journeys/"


def address(journey, rest=""):
    return f"{LIST}{journey.pk}/{rest}"


def typed(journey, **overrides):
    """What the form of a journey with one wait posts, as a browser would."""
    shape = [{"id": "pause", "kind": "wait"}]
    return {
        "name": journey.name,
        "description": "",
        "shape": json.dumps(shape),
        "trigger-kind": "manual",
        "entry-segment": "",
        "reentry-kind": "never",
        "pause-days": "1",
        "pause-hours": "",
        "pause-minutes": "",
        "pause-title": "",
        **overrides,
    }


def step(key, kind="wait", **rest):
    return {"id": key, "kind": kind, **rest}


@pytest.mark.parametrize("one", TEMPLATES, ids=lambda one: one.key)
def test_a_ready_journey_can_be_published_as_it_is(one, operator_client):
    answer = operator_client.post(f"{LIST}new/", {"begins": one.key, "name": one.key})
    journey = Journey.objects.get()
    assert answer.headers["Location"] == address(journey, "edit/")
    assert draft_problems(journey.draft)[1] == []
    assert operator_client.get(address(journey, "edit/")).status_code == 200
    operator_client.post(address(journey, "publish/"))
    journey.refresh_from_db()
    assert (journey.state, journey.version.number) == ("active", 1)


def test_the_form_gives_back_the_definition_it_shows(operator_client):
    """Every value of every ready journey goes through the form and comes out as it was."""
    for one in TEMPLATES:
        operator_client.post(f"{LIST}new/", {"begins": one.key, "name": one.key})
        journey = Journey.objects.get(name=one.key)
        before = journey.draft
        posted = _posted(operator_client.get(address(journey, "edit/")).content.decode())
        operator_client.post(address(journey, "edit/"), {**posted, "act": "save"})
        journey.refresh_from_db()
        assert journey.draft == before


class _Form(HTMLParser):
    """The successful controls of the journey's form, as a browser would send them."""

    def __init__(self):
        super().__init__()
        self.values = {}
        self._inside = False
        self._name = ""  # of the select or textarea that is open
        self._text = None

    def handle_starttag(self, tag, attributes):
        given_ = dict(attributes)
        if tag == "form":
            self._inside = given_.get("id") == "journey-form"
        if not self._inside:
            return
        if tag == "input" and given_.get("name"):
            is_box = given_.get("type") in {"checkbox", "radio"}
            if not is_box or "checked" in given_:
                self.keep(given_["name"], given_.get("value", "on" if is_box else ""))
        elif tag in {"select", "textarea"}:
            self._name, self._text = given_["name"], "" if tag == "textarea" else None
        elif tag == "option" and ("selected" in given_ or self._name not in self.values):
            self.values[self._name] = [given_.get("value", "")]

    def handle_data(self, data):
        if self._text is not None:
            self._text += data

    def handle_endtag(self, tag):
        if tag == "textarea" and self._inside:
            self.keep(self._name, self._text)
        if tag in {"select", "textarea"}:
            self._name, self._text = "", None
        if tag == "form":
            self._inside = False

    def keep(self, name, value):
        self.values.setdefault(name, []).append(value)


def _posted(page):
    form = _Form()
    form.feed(page)
    return form.values


def test_a_step_is_added_moved_and_removed_by_buttons(operator_client):
    journey = given.journey()
    edit = address(journey, "edit/")
    answer = operator_client.post(edit, typed(journey, act="add:condition:after:pause"))
    assert answer.headers["Location"].endswith("?at=s1#step-s1")
    journey.refresh_from_db()
    assert [one["id"] for one in journey.draft["steps"]] == ["pause", "s1"]

    shape = json.dumps([step("pause"), step("s1", "condition", yes=[], no=[])])
    operator_client.post(edit, typed(journey, shape=shape, act="down:pause"))
    journey.refresh_from_db()
    assert [one["id"] for one in journey.draft["steps"]] == ["s1"]
    assert journey.draft["steps"][0]["yes"] == [{"id": "pause", "kind": "wait", "days": 1}]

    shape = json.dumps([step("s1", "condition", yes=[step("pause")], no=[])])
    operator_client.post(edit, typed(journey, shape=shape, act="remove:s1"))
    journey.refresh_from_db()
    assert journey.draft["steps"] == []
    assert journey.version.definition["steps"]  # what is in force stays


def test_steps_move_through_branches_and_never_get_lost():
    steps = [step("a"), step("c", "condition", yes=[step("y")], no=[step("n")]), step("z")]
    keys = {"a", "c", "y", "n", "z"}
    walked = []
    for _move in range(7):
        assert {one["id"] for one in journey_shape.walk(steps)} == keys
        walked.append([one["id"] for one in journey_shape.walk(steps)])
        journey_shape.move(steps, "a", "down")
    assert walked[-1] == ["c", "y", "n", "z", "a"]
    for _move in range(6):
        journey_shape.move(steps, "a", "up")
    assert [one["id"] for one in journey_shape.walk(steps)] == ["a", "c", "y", "n", "z"]


def test_what_is_wrong_stands_at_its_blank_and_is_kept_as_typed(operator_client):
    journey = given.journey()
    answer = operator_client.post(
        address(journey, "edit/"), typed(journey, act="publish", **{"pause-days": "soon"})
    )
    assert answer.headers["Location"].endswith("?check=1")
    page = operator_client.get(answer.headers["Location"]).content.decode()
    blank = page[page.index('id="pause-days"') :]
    assert 'value="soon"' in blank[:200]
    assert 'class="error"' in blank[:400]
    assert operator_client.get(address(journey, "publish/")).status_code == 302


def test_a_draft_is_saved_while_it_is_written_and_says_what_is_missing(operator_client):
    journey = given.journey()
    save = address(journey, "autosave/")
    page = operator_client.post(save, typed(journey, name="Renamed", **{"pause-days": "3"}))
    journey.refresh_from_db()
    assert (journey.name, journey.draft["steps"][0]["days"]) == ("Renamed", 3)
    assert "3 天" in page.content.decode()
    page = operator_client.post(save, typed(journey, name="")).content.decode()
    journey.refresh_from_db()
    assert "未保存" in page
    assert journey.name == "Renamed"


def test_publishing_says_first_what_changes_and_runs_finish_on_their_version(operator_client):
    journey = given.journey()
    run = given.expect(journey, customer(staff()))
    operator_client.post(address(journey, "autosave/"), typed(journey, **{"pause-days": "9"}))
    page = operator_client.get(address(journey, "publish/")).content.decode()
    assert "“1 天”改为“9 天”" in page
    operator_client.post(address(journey, "publish/"))
    journey.refresh_from_db()
    run.refresh_from_db()
    assert (journey.version.number, run.version.number) == (2, 1)
    assert "“1 天”改为“9 天”" in operator_client.get(address(journey, "versions/")).content.decode()


def test_a_rule_written_in_the_builder_comes_into_the_step(operator_client):
    journey = given.journey(step("which", "condition", rule=given.FRIENDS, yes=[], no=[]))
    path = address(journey, "rule/which-rule/")
    assert operator_client.get(path).status_code == 200
    seen = operator_client.get(path).context["revision"]
    answer = operator_client.post(path, {"rule": json.dumps(given.STRANGERS), "revision": seen})
    assert answer.headers["Location"].endswith("#step-which")
    journey.refresh_from_db()
    assert journey.draft["steps"][0]["rule"] == given.STRANGERS
    # The page was opened before somebody else took a rule.
    late = {"rule": json.dumps(given.FRIENDS), "revision": journey.revision - 1}
    refused = operator_client.post(path, late)
    assert (refused.status_code, refused.context["revision"]) == (422, journey.revision - 1)
    assert refused.context["rule"] == given.FRIENDS
    journey.refresh_from_db()
    assert journey.draft["steps"][0]["rule"] == given.STRANGERS
    wrong = operator_client.post(path, {"rule": '{"field": "nothing"}'})
    assert wrong.status_code == 422
    assert operator_client.get(address(journey, "rule/none-rule/")).status_code == 404


def test_a_test_run_tells_the_way_and_writes_nothing(operator_client):
    person = customer(staff())
    branch = step("which", "condition", rule=given.FRIENDS, yes=[given.send()], no=[given.task()])
    journey = given.journey(given.wait(days=2), branch, entry=given.STRANGERS)
    before = AuditEntry.objects.count()
    page = operator_client.get(address(journey, "test/"), {"who": person.pk}).content.decode()
    assert "不符合进入条件" in page
    assert "消息发出" in page
    assert "Ring her up" not in page  # the other way
    assert not JourneyRun.objects.exists()
    assert not Broadcast.objects.exists()
    assert AuditEntry.objects.count() == before
    found = operator_client.get(address(journey, "test/"), {"q": person.name}).content.decode()
    assert f"who={person.pk}" in found


def test_the_page_counts_each_step_and_the_file_has_the_same(operator_client):
    now = timezone.now()
    journey = given.journey(given.wait(days=1), given.task(), now=now)
    member = staff()
    runs = [given.expect(journey, customer(member), now=now) for _number in range(3)]
    given.tick(now + timedelta(seconds=1))
    page = operator_client.get(address(journey)).content.decode()
    assert "停留 3" in page
    given.tick(now + timedelta(days=1, minutes=1))
    rows = operator_client.get(address(journey, "data/funnel/"))
    lines = b"".join(rows.streaming_content).decode("utf-8-sig").splitlines()
    assert [line.split(",")[1:] for line in lines[1:]] == [
        ["3", "3", "0", "0", "0"],
        ["3", "3", "0", "0", "0"],
        ["3", "3", "0", "0", "0"],
        ["3", "3", "0", "0", "0"],
    ]
    way = operator_client.get(address(journey, f"runs/{runs[0].pk}/")).content.decode()
    assert "Ring her up" in way


def test_somebody_is_taken_out_from_her_own_page(operator_client):
    person = customer(staff())
    journey = given.journey(now=timezone.now())
    run = given.expect(journey, person, now=timezone.now())
    given.tick(timezone.now())
    card = operator_client.get(f"/contacts/{person.pk}/").content.decode()
    assert journey.name in card
    assert "仅手动加入" in card
    back = f"/contacts/{person.pk}/"
    answer = operator_client.post(address(journey, f"runs/{run.pk}/take-out/"), {"back": back})
    assert answer.headers["Location"] == back
    run.refresh_from_db()
    assert (run.state, run.reason) == ("exited", "cancelled")
    elsewhere = {"back": "https://elsewhere.example/"}
    answer = operator_client.post(address(journey, f"runs/{run.pk}/take-out/"), elsewhere)
    assert answer.headers["Location"] == address(journey, "runs/")


def test_who_will_be_left_out_of_a_message_stands_on_her_page_with_the_reason(operator_client):
    person, now = customer(staff()), timezone.now()
    journey = given.journey(given.send(), now=now)
    run = given.expect(journey, person, now=now)
    advance_due(now=now)
    pages = f"/contacts/{person.pk}/", address(journey, f"runs/{run.pk}/")
    left_out = gettext("Will be left out")
    for page in pages:
        assert left_out not in operator_client.get(page).content.decode()
    Preference.objects.create(contact=person, is_do_not_contact=True, updated_at=now)
    for page in pages:
        shown = operator_client.get(page).content.decode()
        assert left_out in shown
        assert journey_reason("do_not_contact") in shown


def test_what_personal_words_cost_stands_beside_them_and_before_publishing(operator_client):
    personal = given.send(text="{客户昵称}，您好")
    journey = given.journey(given.send("all", text="{员工姓名}祝您好"), personal)
    cost = escape(cost_words(personal, "contact"))
    for page in (address(journey, "edit/"), address(journey, "publish/")):
        assert operator_client.get(page).content.decode().count(cost) == 1


def test_a_segment_is_counted_before_it_is_put_in(operator_client):
    for _number in range(2):
        customer(staff())
    chosen = segment()
    journey = given.journey(now=timezone.now())
    path = address(journey, "enrol/")
    page = operator_client.get(path, {"segment": chosen.pk}).content.decode()
    assert '<p class="figure">2</p>' in page
    answer = operator_client.post(path, {"segment": chosen.pk})
    work_enrolments(now=timezone.now())
    given.tick(timezone.now())
    work_enrolments(now=timezone.now())
    assert JourneyEnrolment.objects.get().state == "done"
    assert "已开始" in operator_client.get(answer.headers["Location"]).content.decode()
    assert JourneyStepLog.objects.filter(what="entered").count() == 2


def test_pausing_archiving_and_copying_are_one_button_each(operator_client):
    journey = given.journey()
    for act, state in (("pause", "paused"), ("resume", "active"), ("archive", "archived")):
        operator_client.post(address(journey, f"{act}/"))
        journey.refresh_from_db()
        assert journey.state == state
    assert operator_client.get(address(journey, "edit/")).status_code == 302
    operator_client.post(address(journey, "copy/"))
    copied = Journey.objects.get(state="draft")
    assert copied.draft == journey.draft
    operator_client.post(address(copied, "delete/"))
    assert not Journey.objects.filter(pk=copied.pk).exists()


def test_a_lead_sees_of_a_journey_her_own_customers_alone(client):
    alice = staff(userid="alice", department_wecom_ids=[2])
    ours, theirs = customer(alice), customer(staff(userid="zoe", department_wecom_ids=[3]))
    journey = given.journey()
    hers, others = (given.expect(journey, person) for person in (ours, theirs))
    client.force_login(build.operator(role=Role.LEAD, staff_userid="alice"))
    page = client.get(address(journey, "runs/")).content.decode()
    assert str(ours) in page
    assert str(theirs) not in page
    assert client.get(address(journey, f"runs/{hers.pk}/")).status_code == 200
    assert client.get(address(journey, f"runs/{others.pk}/")).status_code == 404
    assert client.get(address(journey, "test/"), {"who": theirs.pk}).status_code == 404
    assert client.post(address(journey, "pause/")).status_code == 403


def test_an_empty_list_offers_the_ready_journeys(operator_client):
    page = operator_client.get(LIST).content.decode()
    assert page.count("?template=") == len(TEMPLATES)
    journey = given.journey()
    page = operator_client.get(LIST).content.decode()
    assert journey.name in page
    assert journey.name not in operator_client.get(LIST, {"state": "paused"}).content.decode()


def test_two_who_write_one_draft_lose_nothing_and_autosaves_are_logged_once(operator_client):
    journey = given.journey()
    path, autosave = address(journey, "edit/"), address(journey, "autosave/")
    mine, hers = (operator_client.get(path).context for _page in range(2))
    written = AuditEntry.objects.filter(action="journey.change")

    def of(page, **overrides):
        seen = {"revision": page["revision"], "page_key": str(page["page_key"])}
        return typed(journey, **seen, **overrides)

    # An autosave whose answer is lost does not stand in the way of the same page's next one.
    for days in ("2", "3"):
        answer = operator_client.post(autosave, of(mine, **{"pause-days": days}))
        assert not answer.context["not_saved"]
    assert written.count() == 1
    late = of(hers, name="Hers", **{"pause-days": "9"})
    assert "未作覆盖" in operator_client.post(autosave, late).content.decode()
    again = operator_client.post(path, {**late, "act": "save"})
    assert again.status_code == 422
    assert again.context["name"] == "Hers"
    assert again.context["revision"] == hers["revision"]
    journey.refresh_from_db()
    assert journey.draft["steps"][0]["days"] == 3
    assert written.count() == 1
