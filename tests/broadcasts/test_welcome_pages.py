"""The pages and the API of welcomes."""

from base64 import b64encode
from datetime import time, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from broadcasts.models import Welcome, WelcomeDelivery
from broadcasts.selectors.welcome_alarms import alarms
from broadcasts.services.media_files import content_of
from contacts.models import Department
from scrm.audit.models import AuditEntry
from tests import build
from tests.broadcasts import welcome_rows as given
from tests.broadcasts.welcome_rows import PNG
from tests.contacts import rows
from tests.wecom.letters import event

pytestmark = pytest.mark.django_db
LIST, NEW, LOG, API = "/welcomes/", "/welcomes/new/", "/welcomes/log/", "/api/v1/welcomes/"


def form(**overrides):
    """A welcome for everybody, as the form posts it."""
    return {
        "name": "Default",
        "text": "你好，{客户昵称}",
        "neutral_name": "朋友",
        "scope": "everybody",
        "priority": "0",
        "is_active": "on",
        **overrides,
    }


def delivery(number, **overrides):
    now = timezone.now()
    return WelcomeDelivery.objects.create(
        **{
            "digest": f"{number:064d}",
            "external_userid": f"wm-{number}",
            "userid": "wangfang",
            "state": "sent",
            "received_at": now,
            "claimed_at": now,
            "finished_at": now,
            "delay_ms": 100 * number,
            **overrides,
        }
    )


def missed(number, reason, **overrides):
    return delivery(number, state="missed", reason=reason, delay_ms=None, **overrides)


def codes_of(found, code):
    return [alarm.code for alarm in found].count(code)


def test_a_welcome_is_written_shown_changed_switched_and_deleted(operator_client):
    answer = operator_client.post(NEW, form())
    welcome = Welcome.objects.get()
    page = f"/welcomes/{welcome.pk}/"
    assert answer.headers["Location"] == page
    assert "你好，{客户昵称}" in operator_client.get(page).content.decode()
    operator_client.post(f"{page}edit/", form(name="Changed", start="21:00", end="08:00"))
    operator_client.post(f"{page}deactivate/")
    welcome.refresh_from_db()
    assert (welcome.name, welcome.start, welcome.is_active) == ("Changed", time(21), False)
    operator_client.post(f"{page}activate/")
    assert "Changed" in operator_client.get(LIST).content.decode()
    operator_client.post(f"{page}delete/")
    assert "Changed" not in operator_client.get(LIST).content.decode()
    assert operator_client.get(page).status_code == 404
    actions = list(AuditEntry.objects.order_by("pk").values_list("action", flat=True))
    verbs = ["create", "change", "deactivate", "activate", "delete"]
    assert actions == [f"welcome.{verb}" for verb in verbs]


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("name", {"name": ""}),
        ("text", {"text": ""}),
        ("text", {"text": "字" * 1334}),
        ("text", {"text": "Hello {nickname}"}),
        ("neutral_name", {"neutral_name": ""}),
        ("link_url", {"link_title": "Tea", "link_url": "tea"}),
        ("link_title", {"link_url": "https://tea.example.com"}),
        ("link_title", {"link_url": "https://tea.example.com", "link_title": "字" * 43}),
        (
            "mini_page",
            {"mini_title": "M", "mini_appid": "wx1", "cover": SimpleUploadedFile("a.png", PNG)},
        ),
        ("cover", {"mini_title": "M", "mini_appid": "wx1", "mini_page": "/"}),
        ("image", {"image": SimpleUploadedFile("a.gif", b"GIF89a-pixels")}),
        ("staff", {"scope": "staff"}),
        ("departments", {"scope": "department"}),
        ("states", {"scope": "channel", "states": " \n "}),
        ("end", {"start": "09:00"}),
        ("end", {"start": "09:00", "end": "09:00"}),
        ("weekdays", {"weekdays": ["8"]}),
        ("priority", {"priority": "1000"}),
        ("scope", {"scope": "nobody"}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_form_says_at_which_field_something_is_wrong(operator_client, field, typed):
    answer = operator_client.post(NEW, form(**typed))
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert not Welcome.objects.exists()


def test_pictures_are_kept_replaced_and_taken_away(operator_client):
    picture = SimpleUploadedFile("a.png", PNG)
    cover = SimpleUploadedFile("b.jpg", b"\xff\xd8\xff-pixels")
    mini = {"mini_title": "M", "mini_appid": "wx1", "mini_page": "/index"}
    operator_client.post(NEW, form(image=picture, cover=cover, text="", **mini))
    welcome = Welcome.objects.get()
    kept = {one.use: one.file for one in welcome.pictures.all()}
    assert content_of(kept["image"]) == PNG
    assert kept["cover"].filename.endswith(".jpg")
    page, stored = f"/welcomes/{welcome.pk}/", f"/media-files/{kept['image'].pk}/"
    assert stored in operator_client.get(page).content.decode()
    assert b"".join(operator_client.get(stored).streaming_content) == PNG
    refused = operator_client.post(f"{page}edit/", form(remove_cover="on", **mini))
    assert list(refused.context["form"].errors) == ["cover"]
    operator_client.post(f"{page}edit/", form(remove_image="on", **mini))
    assert [one.use for one in welcome.pictures.all()] == ["cover"]


def test_the_test_box_says_who_gets_what_and_why(operator_client):
    member = rows.staff(name="王芳", department_wecom_ids=[5])
    shop = Department.objects.create(wecom_id=5, name="Shop", parent_wecom_id=1)
    everybody = given.welcome(name="Everybody")
    local = given.welcome(name="For the shop", scope="department")
    local.departments.add(shop)
    given.welcome(name="Counter", scope="channel", states=["counter"])
    night = given.welcome(name="Night", start=time(21), end=time(8))

    def asked(**query):
        return operator_client.get(LIST, {"asked": "1", **query}).context

    assert asked(staff=member.pk)["chosen"] == local
    assert asked(staff=member.pk, at="2026-03-10T12:00")["others"] == [everybody]
    assert asked(staff=member.pk, state="counter")["chosen"].name == "Counter"
    assert asked(at="2026-03-10T23:00")["chosen"] == night
    assert "21:00–08:00" in asked(at="2026-03-10T23:00")["why"]
    Welcome.objects.update(is_active=False)
    assert asked(staff=member.pk)["chosen"] is None


def test_the_log_counts_outcomes_and_delays_and_filters(operator_client):
    for number in range(1, 21):
        delivery(number, staff=rows.staff(userid=f"s{number}"))
    missed(21, "late", userid="lina")
    missed(22, "taken", channel_state="counter")
    context = operator_client.get(LOG).context
    figures = context["outcomes"]
    assert (figures.sent, figures.missed, figures.p50_ms, figures.p95_ms) == (20, 2, 1050, 1905)
    assert len(context["window"].rows) == 22

    def found(**query):
        return [
            row.external_userid for row in operator_client.get(LOG, query).context["window"].rows
        ]

    assert found(reason="late") == ["wm-21"]
    assert found(channel_state="counter") == ["wm-22"]
    assert found(text="lina") == ["wm-21"]
    assert found(text="wm-7") == ["wm-7"]
    assert found(until="2020-01-01") == []


def test_the_log_names_missed_customers_too_once_they_are_known(operator_client):
    missed(1, "late")
    rows.contact(external_userid="wm-1", name="小雨")
    assert "小雨" in operator_client.get(LOG).content.decode()


def test_a_lead_sees_the_codes_of_her_own_staff_alone(client):
    mine = rows.staff(userid="lina")
    delivery(1, staff=mine)
    delivery(2, staff=rows.staff(userid="bob"))
    client.force_login(build.operator(role="lead", staff_userid="lina"))
    context = client.get(LOG).context
    assert [row.external_userid for row in context["window"].rows] == ["wm-1"]
    assert context["outcomes"].sent == 1


def friend_added(number, userid, *, code=""):
    from scrm.wecom.models import CallbackEvent

    now = timezone.now()
    return CallbackEvent.objects.create(
        digest=f"{number:064d}",
        event="change_external_contact",
        change_type="add_external_contact",
        body=event(
            "change_external_contact",
            "add_external_contact",
            UserID=userid,
            ExternalUserID=f"wm-{number}",
            WelcomeCode=code,
        ),
        received_at=now + timedelta(seconds=number),
        due_at=now,
    )


def test_staff_whose_newcomers_bring_no_code_raise_the_alarm_of_a_native_welcome(operator):
    rows.staff(userid="WangFang", name="王芳")
    rows.staff(userid="lina", name="李娜")
    for number in range(3):
        friend_added(number, "wangfang")
    for number in range(3, 6):
        friend_added(number, "lina", code="CODE" if number == 4 else "")
    [alarm] = [one for one in alarms(operator, now=timezone.now()) if one.code == "native"]
    assert "王芳" in alarm.words
    assert "李娜" not in alarm.words


def test_codes_taken_by_others_missed_late_or_refused_raise_alarms(operator):
    given.welcome()
    assert alarms(operator, now=timezone.now()) == []
    for number in range(1, 6):
        delivery(number)
    for number in range(6, 9):
        missed(number, "taken")
    missed(9, "late")
    missed(10, "misconfigured")
    found = alarms(operator, now=timezone.now())
    assert [alarm.code for alarm in found] == ["late", "misconfigured", "taken"]
    Welcome.objects.update(is_active=False)
    assert codes_of(alarms(operator, now=timezone.now()), "no_default") == 1


def test_the_api_writes_reads_and_deletes_welcomes(operator_client):
    rows.staff(userid="wangfang")
    body = {
        "name": "API",
        "text": "Hello {customer}",
        "scope": "staff",
        "staff": ["wangfang"],
        "image": b64encode(PNG).decode(),
        "attachments": [{"msgtype": "link", "link": {"title": "T", "url": "https://e.com"}}],
    }
    made = operator_client.post(API, body, content_type="application/json")
    assert made.status_code == 201
    assert (made.json()["staff"], made.json()["pictures"]) == (["wangfang"], ["image"])
    address = f"{API}{made.json()['id']}/"
    changed = operator_client.patch(
        address, {"is_active": False, "image": None}, content_type="application/json"
    )
    assert changed.status_code == 200
    assert (changed.json()["text"], changed.json()["pictures"]) == ("Hello {customer}", [])
    assert changed.json()["staff"] == ["wangfang"]
    assert operator_client.delete(address).status_code == 204
    assert operator_client.get(API).json() == []


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("text", {"text": "{nobody}"}),
        ("attachments", {"attachments": [{"msgtype": "link", "link": {"title": "T"}}]}),
        ("attachments", {"attachments": [{"msgtype": "video"}]}),
        ("attachments", {"attachments": [{"msgtype": "link", "link": {"title": ["T"]}}]}),
        ("image", {"image": "???"}),
        ("states", {"scope": "channel"}),
        ("staff", {"staff": ["stranger"]}),
        ("weekdays", {"weekdays": [9]}),
    ],
)
def test_the_api_names_the_field_that_is_wrong(operator_client, field, wrong):
    body = {"name": "API", "text": "Hello", **wrong}
    answer = operator_client.post(API, body, content_type="application/json")
    assert answer.status_code == 400
    assert list(answer.json()) == [field]


def test_the_api_tells_what_became_of_the_codes(operator_client):
    missed(1, "late")
    delivery(2)
    answer = operator_client.get("/api/v1/welcome-deliveries/?reason=late").json()
    [row] = answer["results"]
    assert (row["external_userid"], row["state"], row["reason"]) == ("wm-1", "missed", "late")
    assert "digest" not in row


@pytest.mark.parametrize("path", [LIST, LOG])
def test_the_number_of_queries_does_not_grow_with_the_list(
    operator_client, path, django_assert_max_num_queries
):
    for number in range(1, 15):
        made = given.welcome(name=f"W{number}", scope="staff")
        made.staff.add(rows.staff())
        delivery(number, welcome=made)
    with django_assert_max_num_queries(20):
        operator_client.get(path)
