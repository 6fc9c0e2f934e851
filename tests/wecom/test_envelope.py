"""XML of callbacks → fields, items and the key they are kept in order by."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from scrm.wecom.callback import registry
from scrm.wecom.callback.envelope import Malformed, read_message, sealed_part
from scrm.wecom.selectors import EVENT_WORDS

_PAYLOADS = Path(__file__).parent / "payloads"


def _read(name):
    return read_message((_PAYLOADS / f"{name}.xml").read_text())


def test_a_new_customer():
    message = _read("contact_add_external_contact")
    assert (message.event, message.change_type) == (
        "change_external_contact",
        "add_external_contact",
    )
    assert message.created_at == datetime.fromtimestamp(1791770400, UTC)
    assert message.fields["WelcomeCode"]
    assert message.order_key == message.fields["ExternalUserID"]


def test_a_single_item_is_still_a_list():
    message = _read("chat_update_add_member_one")
    assert len(message.items) == 1
    assert message.order_key == message.fields["ChatId"]
    assert "MemChangeList" not in message.fields


@pytest.mark.parametrize(
    ("name", "order_key"),
    [
        ("tag_shuffle_all", "tag"),
        ("directory_update_user", "directory:chenjie"),
        ("kf_account_auth_change", ""),
        ("batch_job_result", ""),
    ],
)
def test_events_of_one_subject_share_a_key(name, order_key):
    assert _read(name).order_key == order_key


def test_an_ordinary_message_is_kept_by_its_type():
    message = _read("app_text_message")
    assert (message.event, message.change_type) == ("text", "")


def test_an_event_without_a_time_is_not_lost():
    message = read_message("<xml><Event>x</Event><CreateTime>soon</CreateTime></xml>")
    assert message.created_at == datetime.fromtimestamp(0, UTC)


_BOMB = (
    '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    "<xml><Encrypt>&b;</Encrypt></xml>"
)
_FILE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><xml><Encrypt>&a;</Encrypt></xml>'


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\x00",
        b"not xml",
        b"<xml>",
        b"<xml></xml>",
        b"<xml><Other/></xml>",
        b"\xff\xfe<\x00",
        b'<?xml version="1.0" encoding="no-such-code"?><xml><Encrypt>x</Encrypt></xml>',
        _BOMB.encode(),
        _FILE.encode(),
        b"<a>" * 20_000,
        b"<a>" * 9_000 + b"</a>" * 9_000,
    ],
)
def test_what_is_no_envelope_is_malformed(body):
    with pytest.raises(Malformed):
        sealed_part(body)


@pytest.mark.parametrize(
    "body", [b"<a>" * 20_000, b"<xml>" + b"<a>" * 16 + b"</a>" * 16 + b"</xml>"]
)
def test_a_deep_tree_is_refused_before_it_is_built(body):
    with pytest.raises(Malformed, match="too deep"):
        sealed_part(body)


def test_a_pair_has_one_handler():
    first, second = (lambda event, *, now: None), (lambda event, *, now: None)
    registry.handler("test.registry", "once")(first)
    registry.handler("test.registry", "once")(first)
    with pytest.raises(ValueError, match="already"):
        registry.handler("test.registry", "once")(second)
    assert registry.find("test.registry", "once") is first
    assert registry.find("test.registry", "other") is None
    assert ("test.registry", "once") in registry.registered()


def test_every_event_somebody_handles_has_words_in_the_callback_log():
    ours = {pair for pair in registry.registered() if not pair[0].startswith("test.")}
    assert ours
    assert ours <= set(EVENT_WORDS)
