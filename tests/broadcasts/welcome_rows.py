"""Builders for the tests of welcomes: the corp's newcomers, their letters, welcomes."""

from __future__ import annotations

from datetime import timedelta

from broadcasts.models import MediaFile, Welcome, WelcomePicture
from broadcasts.services.media_files import Upload, keep_file
from scrm.wecom.callback.letters import WelcomeLetter
from scrm.wecom.models import CallbackEvent
from tests.contacts.rows import NOW
from tests.wecom.letters import event

SEND = "externalcontact/send_welcome_msg"
PNG = b"\x89PNG\r\n\x1a\n" + b"pixels" * 10


def welcome(**overrides):
    """A welcome for everybody, in force."""
    return Welcome.objects.create(
        **{
            "name": "For everybody",
            "text": "你好，{客户昵称}，我是{员工姓名}。",
            "neutral_name": "朋友",
            "created_at": NOW,
            "updated_at": NOW,
            **overrides,
        }
    )


def picture(of, use="image", **overrides):
    """A picture of its own content; overrides are columns of its file."""
    content = PNG + f"{of.pk} {use}".encode()
    file = keep_file(upload=Upload(f"{use}.png", content), kind="image", now=NOW)
    MediaFile.objects.filter(pk=file.pk).update(**overrides)
    return WelcomePicture.objects.create(welcome=of, use=use, file_id=file.pk)


def newcomer(corp, *, userid="wangfang", name="小雨", at=NOW, state=""):
    """Somebody adds a staff member in the corp; the letter that the callback would have pushed."""
    if userid not in corp.state.staff:
        corp.state.add_staff(userid, "王芳")
    person = corp.state.add_contact(name=name)
    code = corp.state.follow(userid, person, state=state, welcome=True)
    return WelcomeLetter(code, person, userid, state, at)


def told(letter, **overrides):
    """The row that the callback address stored for a letter."""
    values = {
        "UserID": letter.userid,
        "ExternalUserID": letter.external_userid,
        "State": letter.state,
        "WelcomeCode": f"<![CDATA[{letter.code}]]>",
    }
    body = event("change_external_contact", "add_external_contact", **{**values, **overrides})
    return CallbackEvent.objects.create(
        digest=letter.code.ljust(64, "0")[:64],
        event="change_external_contact",
        change_type="add_external_contact",
        body=body,
        received_at=letter.received_at,
        due_at=letter.received_at,
    )


def greetings(corp):
    """What newcomers read, by their id."""
    return {one.external_userid: one.text for one in corp.state.ledger() if one.kind == "welcome"}


def later(seconds):
    return NOW + timedelta(seconds=seconds)
