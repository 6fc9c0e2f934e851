"""Tracked links: where they lead, whom they count, and to which broadcast clicks belong."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import IntegrityError, InternalError, transaction
from django.utils import timezone

from broadcasts.models import LinkClick, TrackedLink
from broadcasts.selectors.link_state import state_fits, state_for
from broadcasts.selectors.links import figures_of, with_own_links
from broadcasts.services.link_visits import PER_ADDRESS, PER_VISITOR
from broadcasts.services.links import create_link, record_click, tracked
from contacts.models import ContactFacts
from contacts.selectors.timeline import timeline
from scrm.errors import InvalidInput
from scrm.segments.compile import to_q
from scrm.segments.fields import read_rule
from tests import build
from tests.broadcasts import rows
from tests.broadcasts.material_rows import LINK, material
from tests.contacts.rows import NOW, contact

pytestmark = pytest.mark.django_db
TARGET = "https://tea.example.com/spring?a=1&b=2"
PHONE = "Mozilla/5.0 (iPhone) AppleWebKit/605.1.15 Mobile/15E148 MicroMessenger/8.0.50"
BROWSER = "Mozilla/5.0 (X11; Linux x86_64) Chrome/130.0 Safari/537.36"
PUBLIC = "https://scrm.example.com"


@pytest.fixture
def link(settings):
    settings.PUBLIC_URL = PUBLIC
    return create_link(target=TARGET, title="Spring", operator=None, now=NOW)


def opened(client, link, agent=BROWSER, **query):
    return client.get(f"/l/{link.code}/", query, headers={"user-agent": agent})


def test_a_link_leads_where_the_table_says_whatever_the_address_says(client, link):
    answer = opened(client, link, target="https://evil.com", next="//evil.com", url="x")
    assert (answer.status_code, answer.headers["Location"]) == (302, TARGET)
    assert "no-store" in answer.headers["Cache-Control"]
    assert LinkClick.objects.get().contact is None


@pytest.mark.parametrize("code", ["abcdefgh", "https:evil", "x" * 200])
def test_an_unknown_code_is_a_page_that_helps(client, code):
    answer = client.get(f"/l/{code}/")
    assert answer.status_code == 404
    assert "Location" not in answer.headers


def test_who_guesses_codes_is_slowed_down_and_customers_are_not(db, client, link):
    most = PER_ADDRESS.windows[0].calls
    codes = [client.get(f"/l/guess{place}/").status_code for place in range(most + 1)]
    assert codes == [404] * most + [429]
    assert opened(client, link).status_code == 302


def test_what_is_no_reader_is_led_on_and_not_counted(client, link):
    programs = ["Slackbot 1.0", "facebookexternalhit/1.1", "curl/8.5", "", "WeChatSpider"]
    answers = [opened(client, link, agent) for agent in programs]
    answers.append(client.head(f"/l/{link.code}/", headers={"user-agent": BROWSER}))
    prefetch = {"user-agent": BROWSER, "sec-purpose": "prefetch;prerender"}
    answers.append(client.get(f"/l/{link.code}/", headers=prefetch))
    assert {answer.headers["Location"] for answer in answers} == {TARGET}
    assert not LinkClick.objects.exists()


def test_nobody_counts_more_than_a_person_could_click(db, client, link):
    for _time in range(PER_VISITOR.windows[0].calls + 3):
        assert opened(client, link).headers["Location"] == TARGET
    assert LinkClick.objects.count() == PER_VISITOR.windows[0].calls


@pytest.fixture
def visitor(corp, link):
    """A customer of the corp, and the state that her visit carries now."""
    corp.state.add_staff("wangfang")
    person = contact(external_userid=corp.state.add_contact(name="Xiaoyu"))
    corp.state.follow("wangfang", person.external_userid)
    return person


def test_inside_wechat_the_visitor_is_named_by_wecom(client, corp, link, visitor, settings):
    asked = opened(client, link, PHONE)
    authorize = urlsplit(asked.headers["Location"])
    query = {name: value for name, [value] in parse_qs(authorize.query).items()}
    assert (authorize.hostname, query["appid"]) == ("open.weixin.qq.com", settings.WECOM_CORP_ID)
    assert query["redirect_uri"] == f"{PUBLIC}/l/{link.code}/"
    assert not LinkClick.objects.exists()
    code = corp.state.sign_in(external_userid=visitor.external_userid)
    back = {"code": code, "state": query["state"]}
    for _reload in range(2):  # the code was used: the same visit
        assert opened(client, link, PHONE, **back).headers["Location"] == TARGET
    assert LinkClick.objects.get().contact == visitor


@pytest.mark.parametrize("trouble", ["made up", "http", "stranger", "late", "of another link"])
def test_whom_wecom_does_not_name_is_led_on_and_counted_without_a_name(
    client, corp, link, visitor, trouble
):
    state = state_for(link.code, now=timezone.now())
    code = corp.state.sign_in(external_userid=visitor.external_userid)
    match trouble:
        case "made up":
            code = "nothing"
        case "http":
            corp.state.faults.add("auth/getuserinfo", "http", 500)
        case "stranger":
            code = corp.state.sign_in(external_userid=corp.state.add_contact())
        case "late":
            state = state_for(link.code, now=timezone.now() - timedelta(minutes=11))
        case "of another link":
            state = state_for("abcdefgh", now=timezone.now())
    assert opened(client, link, PHONE, code=code, state=state).headers["Location"] == TARGET
    assert LinkClick.objects.get().contact is None


def test_colleagues_are_not_counted(client, corp, link, visitor):
    code = corp.state.sign_in("wangfang")
    opened(client, link, PHONE, code=code, state=state_for(link.code, now=timezone.now()))
    assert not LinkClick.objects.exists()


def test_a_state_is_letters_and_digits_and_ends_after_ten_minutes():
    state = state_for("abcdefgh", now=NOW)
    assert state.isalnum()
    assert len(state) <= 128
    assert state_fits(state, "abcdefgh", now=NOW + timedelta(minutes=10))
    assert not state_fits(state, "abcdefgh", now=NOW + timedelta(minutes=11))
    for forged in ("", state[:-1] + "0" * (state[-1] != "0") + "1" * (state[-1] == "0"), "é" * 48):
        assert not state_fits(forged, "abcdefgh", now=NOW)


@pytest.mark.parametrize(
    "target",
    ["http://a.com", "javascript:alert(1)", "//a.com", "https://", "https://a", "https://a@b.com",
     "https://a.com/\nx", "https://a.com/x y", "https://[", f"https://a.com/{'x' * 2048}", ""],
)  # fmt: skip
def test_links_lead_to_websites_alone(target):
    with pytest.raises(InvalidInput) as caught:
        create_link(target=target, title="", operator=None, now=NOW)
    assert caught.value.field == "target"


def test_each_broadcast_and_variant_has_its_own_link_however_often_it_is_handed_over(settings):
    first, second = rows.broadcast(), rows.broadcast()
    card = {"msgtype": "link", "link": LINK}
    assert tracked([card], broadcast=first, now=NOW) == [card]  # nobody could open it
    settings.PUBLIC_URL = PUBLIC
    other = {"msgtype": "image", "image": {"media_id": "m"}}
    made = tracked([card, other], broadcast=first, now=NOW)
    assert tracked([card, other], broadcast=first, now=NOW) == made
    assert tracked(made, broadcast=first, now=NOW) == made
    assert made[1] == other
    assert made[0]["link"]["url"].startswith(f"{PUBLIC}/l/")
    assert {**made[0]["link"], "url": LINK["url"]} == LINK
    tracked([card], broadcast=first, variant="B", now=NOW)
    tracked([card], broadcast=second, now=NOW)
    assert TrackedLink.objects.count() == 3


def test_cards_of_the_library_are_counted_in_welcomes_too(settings):
    settings.PUBLIC_URL = PUBLIC
    made = material("link")
    [card] = with_own_links([{"msgtype": "link", "link": LINK}])
    assert card["link"]["url"] == f"{PUBLIC}/l/{made.links.get().code}/"
    [of_broadcast] = tracked(
        [{"msgtype": "link", "link": LINK}], broadcast=rows.broadcast(), now=NOW
    )
    assert of_broadcast != card
    assert {one.broadcast_id is None for one in made.links.all()} == {True, False}


def test_clicks_are_only_ever_added(link):
    click = record_click(link=link, contact_id=None, now=NOW)
    for change in (lambda: LinkClick.objects.update(at=NOW), click.delete):
        with pytest.raises((IntegrityError, InternalError)), transaction.atomic():
            change()


def test_clicks_stand_in_the_timeline_and_make_segments(link):
    sent = rows.broadcast()
    of_sent = TrackedLink.objects.create(
        code="abcdefgh", target=TARGET, title="Sent", broadcast=sent, created_at=NOW
    )
    keen, other = rows.customer(), rows.customer()
    for one in (link, of_sent, of_sent):
        record_click(link=one, contact_id=keen.pk, now=NOW)
    record_click(link=link, contact_id=None, now=NOW)
    assert figures_of([link, of_sent])[of_sent.pk].people == 1
    assert figures_of([link])[link.pk].anonymous == 1
    titles = [entry.details for entry in timeline(keen.pk, topic="touches").entries]
    assert titles == ["Spring · Sent", "Spring · Sent", "Spring"]
    for rule, found in (
        ({"field": "link.clicked", "op": "any", "value": [link.pk]}, {keen.pk}),
        ({"field": "broadcast.clicked", "op": "any", "value": [sent.pk]}, {keen.pk}),
        ({"field": "broadcast.clicked", "op": "none", "value": [sent.pk]}, {other.pk}),
    ):
        assert set(_found(rule)) == found


def _found(rule):
    return ContactFacts.objects.filter(to_q(read_rule(rule), now=NOW)).values_list("pk", flat=True)


def test_a_lead_sees_clicks_of_her_customers_alone(link, client):
    lead = build.operator(role="lead", staff_userid="alice")
    alice, zoe = rows.staff(userid="alice"), rows.staff(userid="zoe")
    mine, theirs = rows.customer(alice, name="Mine"), rows.customer(zoe, name="Theirs")
    for person in (mine, theirs):
        record_click(link=link, contact_id=person.pk, now=NOW)
    client.force_login(lead)
    shown = client.get(f"/links/{link.pk}/").content.decode()
    assert "Mine" in shown
    assert "Theirs" not in shown
