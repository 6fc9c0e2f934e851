"""Codes whose letters or workers went away."""

from datetime import timedelta

import pytest

from broadcasts.models import MediaFile, Touch, WelcomeDelivery
from broadcasts.services.media import renew_media
from broadcasts.services.welcome_delivery import LEASE, Answerer, digest_of
from broadcasts.services.welcome_recovery import living_letters, record_missed, record_touches
from tests.broadcasts import welcome_rows as given
from tests.broadcasts.welcome_rows import NOW, SEND, later
from tests.contacts import rows

pytestmark = pytest.mark.django_db


def begun(letter, **overrides):
    """The row that a worker left which died after its claim."""
    return WelcomeDelivery.objects.create(
        **{
            "digest": digest_of(letter.code),
            "external_userid": letter.external_userid,
            "userid": letter.userid,
            "attempts": 1,
            "is_calling": True,
            "received_at": letter.received_at,
            "claimed_at": later(0.1),
            "next_at": later(0.1) + LEASE,
            **overrides,
        }
    )


def test_a_code_whose_letter_got_lost_is_found_in_the_inbox_while_it_lives(corp):
    given.welcome()
    letter = given.newcomer(corp, state="counter")
    given.told(letter)
    assert living_letters(now=later(0.5)) == []  # its letter may still come
    assert living_letters(now=later(2)) == [letter]
    Answerer().attempt(letter, now=later(2))
    assert living_letters(now=later(3)) == []
    assert len(given.greetings(corp)) == 1


def test_the_inbox_is_read_with_and_without_cdata(corp):
    letter = given.newcomer(corp)
    given.told(letter, WelcomeCode=letter.code)
    assert living_letters(now=later(2)) == [letter]
    begun(letter)
    assert living_letters(now=later(2)) == []


def test_events_without_a_code_are_nobody_to_welcome(corp):
    given.told(given.newcomer(corp), WelcomeCode="")
    assert living_letters(now=later(2)) == []
    assert record_missed(now=later(60)) == 0


@pytest.mark.parametrize("was_heard", [True, False])
def test_the_call_of_a_worker_that_died_is_made_again_and_never_doubles(corp, was_heard):
    given.welcome()
    letter = given.newcomer(corp)
    given.told(letter)
    begun(letter)
    if was_heard:
        corp.state.record("welcome_sent", code=letter.code, at=0, text="你好", attachments=[])
    assert living_letters(now=later(9)) == []
    assert living_letters(now=later(9.2)) == [letter]
    Answerer().attempt(letter, now=later(9.2))
    delivery = WelcomeDelivery.objects.get()
    assert (delivery.state, delivery.attempts, delivery.is_unsure) == ("sent", 2, True)
    assert corp.state.calls[SEND] == 1


def test_codes_that_nobody_took_up_are_recorded_as_missed_once(corp):
    given.welcome()
    for seconds in (0, 5, 30):
        given.told(given.newcomer(corp, at=later(seconds)))
    assert record_missed(now=later(26)) == 2
    assert record_missed(now=later(26)) == 0
    assert record_missed(now=later(51)) == 1
    reasons = WelcomeDelivery.objects.values_list("state", "reason").distinct()
    assert list(reasons) == [("missed", "late")]
    assert SEND not in corp.state.calls


def test_a_long_absence_is_accounted_for_in_full(corp):
    record_missed(now=NOW)
    for hours in (0, 5, 30):
        given.told(given.newcomer(corp, at=NOW + timedelta(hours=hours)))
    assert record_missed(now=NOW + timedelta(hours=31)) == 3


def test_a_call_of_which_nobody_knows_the_end_is_missed_as_unknown(corp):
    begun(given.newcomer(corp))
    begun(given.newcomer(corp), is_calling=False)
    assert record_missed(now=later(15)) == 0
    assert record_missed(now=later(20)) == 2
    assert set(WelcomeDelivery.objects.values_list("reason", flat=True)) == {"unknown", "late"}


def test_good_news_that_comes_late_is_still_taken_down(corp):
    """A caller that was slow, not dead, while somebody else had given its code up."""
    given.welcome()
    letter = given.newcomer(corp)
    corp.state.faults.add(SEND, "errcode", 41096)
    again_at = Answerer().attempt(letter, now=later(0.1))
    slow = _slow_caller(letter, again_at)
    record_missed(now=later(40))
    assert WelcomeDelivery.objects.get().reason == "unknown"
    slow()
    delivery = WelcomeDelivery.objects.get()
    assert (delivery.state, delivery.reason) == ("sent", "")


def _slow_caller(letter, at):
    """Claims now, and ends when it is called."""
    from broadcasts.services import welcome_delivery as service

    welcome = given.welcome()
    claim = service._claim(letter, None, welcome, now=at)
    return lambda: service._record_sent(letter, claim, None, None, now=later(41))


def test_a_touch_is_written_when_the_customer_becomes_known_and_only_once(corp):
    given.welcome()
    letter = given.newcomer(corp)
    member = rows.staff(userid="wangfang")
    Answerer().attempt(letter, now=later(0.2))
    assert record_touches(now=later(1)) == 0
    person = rows.contact(external_userid=letter.external_userid)
    assert record_touches(now=later(2)) == 1
    assert record_touches(now=later(3)) == 0
    touch = Touch.objects.get()
    assert (touch.contact, touch.staff, touch.channel) == (person, member, "welcome")
    assert WelcomeDelivery.objects.get().contact == person


def test_pictures_are_uploaded_ahead_and_anew_before_they_end(corp):
    shown = given.picture(given.welcome())
    hidden = given.picture(given.welcome(is_active=False))
    assert renew_media(now=NOW) == 1
    first = MediaFile.objects.get(pk=shown.file_id).media_id
    assert first in corp.state.media
    assert renew_media(now=NOW + timedelta(hours=47)) == 0
    assert renew_media(now=NOW + timedelta(hours=48)) == 1
    assert MediaFile.objects.get(pk=shown.file_id).media_id != first
    assert not MediaFile.objects.get(pk=hidden.file_id).media_id


def test_a_picture_that_cannot_be_uploaded_says_why_and_is_tried_again(corp):
    given.picture(given.welcome())
    corp.state.faults.add("media/upload", "errcode", 40004)
    assert renew_media(now=NOW) == 0
    assert MediaFile.objects.get().error
    assert renew_media(now=NOW) == 1
    assert MediaFile.objects.get().error == ""
