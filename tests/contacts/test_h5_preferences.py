"""The customer's own preference page: signed, without a log-in, careful."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from contacts.models import ContactEvent, Preference, Topic
from contacts.selectors.preference_links import (
    VALID,
    Trouble,
    contact_of_token,
    preference_link,
    preference_token,
)
from contacts.services.preferences import end_links
from scrm.audit.models import AuditEntry
from tests.contacts import rows

pytestmark = pytest.mark.django_db


@pytest.fixture
def amy(db):
    return rows.contact(name="Amy Zhang", phone="13812345678")


def link(person, **passed):
    return preference_link(person, now=timezone.now() - timedelta(**passed))


def text(response):
    return response.content.decode()


def test_a_link_opens_her_page_and_shows_only_a_first_name(client, amy):
    page = client.get(link(amy))
    assert page.status_code == 200
    assert "Amy" in text(page)
    for secret in ("Zhang", "1381234", amy.external_userid, amy.unionid):
        assert secret not in text(page)
    assert page.headers["Cache-Control"].startswith("max-age=0")
    assert page.headers["X-Robots-Tag"] == "noindex"


def test_she_switches_topics_off_and_on(client, amy):
    news, sales = Topic.objects.create(name="News"), Topic.objects.create(name="Sales")
    Topic.objects.create(name="Old", is_active=False)
    page = text(client.get(link(amy)))
    assert "News" in page
    assert "Old" not in page
    answer = client.post(link(amy), {"ask": "topics", "topic": [news.pk]}, follow=True)
    assert 'role="status"' in text(answer)
    assert Preference.objects.get(pk=amy.pk).topics_off == [sales.pk]
    client.post(link(amy), {"ask": "topics", "topic": [news.pk, sales.pk]})
    assert Preference.objects.get(pk=amy.pk).topics_off == []


@pytest.mark.parametrize("weeks", [1, 4, 12])
def test_she_pauses_for_some_weeks_and_resumes(client, amy, weeks):
    client.post(link(amy), {"ask": "pause", "weeks": weeks})
    until = Preference.objects.get(pk=amy.pk).pause_until
    assert abs(until - timezone.now() - timedelta(weeks=weeks)) < timedelta(minutes=1)
    assert until.strftime("%Y-") in text(client.get(link(amy)))
    client.post(link(amy), {"ask": "resume"})
    assert Preference.objects.get(pk=amy.pk).pause_until is None


def test_she_ends_all_contact_and_it_is_recorded_as_her_own_word(client, amy):
    client.post(link(amy), {"ask": "never"})
    preference = Preference.objects.get(pk=amy.pk)
    assert (preference.is_do_not_contact, preference.source) == (True, "h5")
    event = ContactEvent.objects.get(contact=amy)
    assert event.details == {"words": "do_not_contact", "source": "h5"}
    entry = AuditEntry.objects.get(action="preference.do_not_contact")
    assert entry.operator_id is None


@pytest.mark.parametrize(
    "asked",
    [{}, {"ask": "x"}, {"ask": "pause"}, {"ask": "pause", "weeks": "5200"}],
)
def test_what_the_page_does_not_offer_changes_nothing(client, amy, asked):
    assert client.post(link(amy), asked).status_code == 400
    assert not Preference.objects.exists()


def test_a_forged_link_is_a_friendly_page(client, amy):
    token = preference_token(amy, now=timezone.now())
    for wrong in (token[:-2] + "xx", "x", "x" * 5_000, token.replace(":", "."), "0:0"):
        page = client.get(f"/h5/preferences/{wrong}/")
        assert page.status_code == 404
        assert "<h1>" in text(page)
        assert client.post(f"/h5/preferences/{wrong}/", {"ask": "never"}).status_code == 404
    assert not Preference.objects.exists()


def test_a_link_ends_by_time_and_by_the_operators_word(client, operator, amy):
    assert client.get(link(amy, days=VALID.days - 1)).status_code == 200
    assert client.get(link(amy, days=VALID.days + 1)).status_code == 410
    old = link(amy)
    end_links(contact_id=amy.pk, operator=operator, now=timezone.now())
    assert client.get(old).status_code == 410
    assert client.get(link(amy)).status_code == 200


def test_a_token_tells_which_trouble_it_is_in(amy):
    now = timezone.now()
    token = preference_token(amy, now=now)
    assert contact_of_token(token, now=now) == amy
    assert contact_of_token(token, now=now + VALID * 2) is Trouble.EXPIRED
    assert contact_of_token("nothing", now=now) is Trouble.FORGED


def test_nothing_is_changed_without_the_csrf_token(amy):
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(link(amy), {"ask": "never"}).status_code == 403
    strict.get(link(amy))
    token = strict.cookies["csrftoken"].value
    answer = strict.post(link(amy), {"ask": "never", "csrfmiddlewaretoken": token})
    assert answer.status_code == 302


def test_one_link_opened_too_often_waits_and_others_do_not(client, amy):
    address = link(amy)
    codes = [client.get(address).status_code for _ in range(32)]
    assert codes[:30] == [200] * 30
    assert codes[-1] == 429
    assert client.get(link(rows.contact())).status_code == 200


def test_guessing_is_slowed_down_by_address(client, amy):
    codes = [client.get(f"/h5/preferences/guess{n}/").status_code for n in range(62)]
    assert codes[0] == 404
    assert codes[-1] == 429
    assert client.get(link(amy)).status_code == 200


def test_the_page_opens_without_redis(client, amy, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert client.get(link(amy)).status_code == 200


def test_the_page_speaks_english_too(client, amy):
    assert "What may we send" not in text(client.get(link(amy)))
    client.cookies["django_language"] = "en"
    assert "what may we send you" in text(client.get(link(amy)))


def test_the_link_is_whole_when_the_public_address_is_known(amy, settings):
    settings.PUBLIC_URL = "https://scrm.example.com"
    assert link(amy).startswith("https://scrm.example.com/h5/preferences/")
