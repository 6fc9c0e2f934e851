"""A welcome code is answered once, or recorded as missed with the reason."""

from datetime import timedelta

import pytest

from broadcasts.models import MediaFile, Touch, WelcomeDelivery
from broadcasts.services.welcome_delivery import Answerer, digest_of
from contacts.models import Department
from scrm import wecom
from tests.broadcasts import welcome_rows as given
from tests.broadcasts.welcome_rows import NOW, SEND, later
from tests.contacts import rows

pytestmark = pytest.mark.django_db


def attempt(letter, *, now=None):
    return Answerer().attempt(letter, now=now or later(0.2))


def outcome():
    delivery = WelcomeDelivery.objects.get()
    return delivery.state, delivery.reason


def test_a_newcomer_reads_the_welcome_with_neutral_words_for_names_not_known(corp):
    given.welcome()
    letter = given.newcomer(corp)
    assert attempt(letter) is None
    assert given.greetings(corp) == {letter.external_userid: "你好，朋友，我是您的专属顾问。"}
    delivery = WelcomeDelivery.objects.get()
    assert (delivery.state, delivery.reason, delivery.attempts) == ("sent", "", 1)
    assert 200 <= delivery.delay_ms < 2000


def test_names_that_are_known_are_put_in_and_the_touch_is_written(corp):
    given.welcome()
    member = rows.staff(userid="WangFang", name="王芳")
    letter = given.newcomer(corp)
    person = rows.contact(external_userid=letter.external_userid, name="小雨")
    attempt(letter)
    assert given.greetings(corp) == {letter.external_userid: "你好，小雨，我是王芳。"}
    touch = Touch.objects.get()
    assert (touch.contact, touch.staff) == (person, member)
    assert (touch.channel, touch.touch_class) == ("welcome", "service")


def test_asking_wecom_for_the_customer_does_not_come_before_the_welcome(corp):
    given.welcome()
    attempt(given.newcomer(corp))
    assert "externalcontact/get" not in corp.state.calls


def test_the_code_itself_is_not_kept(corp):
    given.welcome()
    letter = given.newcomer(corp)
    attempt(letter)
    kept = WelcomeDelivery.objects.values().get()
    assert kept["digest"] == digest_of(letter.code)
    assert letter.code not in str(kept)
    assert letter.code not in repr(letter)


def test_a_letter_that_comes_twice_is_answered_once(corp):
    given.welcome()
    letter = given.newcomer(corp)
    assert [attempt(letter), attempt(letter)] == [None, None]
    assert corp.state.calls[SEND] == 1
    assert WelcomeDelivery.objects.get().attempts == 1


def test_the_welcome_of_the_nearest_department_is_sent(corp):
    for wecom_id, name, parent in ((2, "East", 1), (5, "Shop", 2)):
        Department.objects.create(wecom_id=wecom_id, name=name, parent_wecom_id=parent)
    rows.staff(userid="wangfang", department_wecom_ids=[5])
    for wecom_id in (2, 5):
        made = given.welcome(text=f"Department {wecom_id}", scope="department")
        made.departments.add(Department.objects.get(wecom_id=wecom_id))
    given.welcome(text="Everybody")
    letter = given.newcomer(corp)
    attempt(letter)
    assert given.greetings(corp) == {letter.external_userid: "Department 5"}


def test_without_a_welcome_for_them_the_code_is_missed_with_that_reason(corp):
    given.welcome(is_active=False)
    assert attempt(given.newcomer(corp)) is None
    assert outcome() == ("missed", "no_rule")
    assert SEND not in corp.state.calls


def test_a_code_older_than_its_life_is_missed_and_wecom_not_called(corp):
    given.welcome()
    assert attempt(given.newcomer(corp), now=later(20)) is None
    assert outcome() == ("missed", "late")
    assert SEND not in corp.state.calls


@pytest.mark.parametrize(
    ("errcode", "reason"),
    [
        (41050, "expired"),
        (41051, "taken"),
        (45002, "content"),
        (48002, "misconfigured"),
        (45009, "rate_limited"),
        (84061, "refused"),
    ],
)
def test_a_final_no_of_wecom_is_recorded_with_its_reason(corp, errcode, reason):
    given.welcome()
    corp.state.faults.add(SEND, "errcode", errcode)
    assert attempt(given.newcomer(corp)) is None
    assert outcome() == ("missed", reason)


@pytest.mark.parametrize("errcode", [41096, -1, 45033])
def test_what_may_pass_is_tried_again_inside_the_twenty_seconds(corp, errcode):
    given.welcome()
    corp.state.faults.add(SEND, "errcode", errcode, count=2)
    letter = given.newcomer(corp)
    again_at = attempt(letter)
    assert later(0.2) < again_at < later(3)
    assert outcome() == ("sending", "")
    assert attempt(letter, now=again_at - timedelta(milliseconds=20)) is None
    third = attempt(letter, now=again_at)
    assert attempt(letter, now=third) is None
    assert outcome() == ("sent", "")
    assert len(given.greetings(corp)) == 1


@pytest.mark.parametrize(
    ("errcode", "reasons"),
    [(41096, {"contested"}), (45033, {"rate_limited", "unreachable"}), (-1, {"unknown"})],
)
def test_what_does_not_pass_until_the_end_is_missed_with_what_was_in_the_way(
    corp, errcode, reasons
):
    given.welcome()
    corp.state.faults.add(SEND, "errcode", errcode, count=None)
    letter, moment = given.newcomer(corp), later(0.2)
    while moment is not None:
        assert moment < later(20)
        moment = attempt(letter, now=moment)
    delivery = WelcomeDelivery.objects.get()
    assert delivery.state == "missed"
    assert delivery.reason in reasons
    assert delivery.attempts >= 6


def test_after_an_answer_that_got_lost_taken_means_delivered(corp):
    given.welcome()
    corp.state.faults.add(SEND, "drop_after")
    letter = given.newcomer(corp)
    again_at = attempt(letter)
    assert attempt(letter, now=again_at) is None
    assert outcome() == ("sent", "")
    assert len(given.greetings(corp)) == 1


def test_a_call_that_wecom_never_heard_is_made_again(corp):
    given.welcome()
    corp.state.faults.add(SEND, "drop_before")
    letter = given.newcomer(corp)
    assert attempt(letter, now=attempt(letter)) is None
    assert outcome() == ("sent", "")


def test_wecom_out_of_reach_is_missed_only_when_the_time_is_over(corp, settings):
    given.welcome()
    letter = given.newcomer(corp)
    settings.WECOM_BASE_URL = "http://127.0.0.1:9/cgi-bin/"
    assert attempt(letter) is not None
    assert attempt(letter, now=later(19.9)) is None
    assert outcome() == ("missed", "unreachable")


def test_of_two_callers_only_the_latest_may_write_bad_news(corp):
    given.welcome()
    letter = given.newcomer(corp)
    corp.state.faults.add(SEND, "errcode", 41096)
    attempt(letter)
    WelcomeDelivery.objects.update(attempts=7, next_at=later(1))
    assert attempt(letter, now=later(1)) is None
    assert outcome() == ("sent", "")


def test_pictures_go_along_by_their_ready_media_id(corp):
    made = given.welcome(
        text="",
        attachments=[
            {"msgtype": "link", "link": {"title": "Tea", "url": "https://tea.example.com"}},
            {"msgtype": "miniprogram", "miniprogram": {"title": "M", "appid": "wx1", "page": "/"}},
        ],
    )
    letter = given.newcomer(corp)
    ids = {use: _uploaded() for use in ("image", "cover")}
    for use, media_id in ids.items():
        given.picture(made, use, media_id=media_id, uploaded_at=NOW - timedelta(days=1))
    attempt(letter)
    [sent] = [one for one in corp.state.ledger() if one.kind == "welcome"]
    assert [part["msgtype"] for part in sent.attachments] == ["link", "miniprogram", "image"]
    assert sent.attachments[2]["image"] == {"media_id": ids["image"]}
    assert corp.state.calls["media/upload"] == 2  # ours, ahead of time


def test_a_picture_that_wecom_does_not_take_is_left_out_and_uploaded_again(corp):
    made = given.welcome(text="Hello")
    given.picture(made, media_id="ended", uploaded_at=NOW - timedelta(days=1))
    letter = given.newcomer(corp)
    assert attempt(letter, now=attempt(letter)) is None
    assert given.greetings(corp) == {letter.external_userid: "Hello"}
    assert WelcomeDelivery.objects.get().is_bare
    assert MediaFile.objects.get().uploaded_at is None


def _uploaded():
    receipt = wecom.get_gateway().upload_media(kind="image", filename="a.png", content=given.PNG)
    return receipt.media_id
