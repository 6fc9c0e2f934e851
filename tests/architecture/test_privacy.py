"""No phone number in full, no secret, where it does not belong: pages, API, downloads, logs."""

from __future__ import annotations

import csv
import io
import logging
import random
import re
import secrets
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contacts.models import ContactEvent, Follow
from scrm.console.export import csv_response, safe_cell
from scrm.privacy import MaskedFormatter, hide_secrets, mask_phones
from tests.architecture.addresses import every_address
from tests.architecture.test_access import logged_in
from tests.architecture.test_scope import text_of
from tests.architecture.world import world
from tests.contacts.rows import NOW
from tests.wecom.letters import deliver, event, post

MOBILES = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)
GAPS = st.sampled_from(["", " ", "-"])


@pytest.fixture
def there(db):
    return world()


def shown_numbers(text):
    """Mobile numbers that stand in full in `text`, however they are spaced."""
    return set(re.findall(r"(?<!\d)1[3-9]\d{9}(?!\d)", re.sub(r"(?<=\d)[ -](?=\d)", "", text)))


def spread(there, number):
    """Put a number everywhere where staff, shops and customers could have put it."""
    dashed = f"{number[:3]}-{number[3:7]}-{number[7:]}"
    there.ours.phone = number
    there.ours.save(update_fields=["phone"])
    Follow.objects.filter(contact=there.ours).update(
        remark=f"小雨{number}", description=f"tel. +86 {dashed}", remark_mobiles=[number]
    )
    there.ours.orders.update(buyer_phone=number, buyer_ref=number)
    for kind, at in (("remarked", NOW), ("followed", NOW - timedelta(days=1))):
        ContactEvent.objects.create(
            contact=there.ours, kind=kind, at=at, details={"remark": dashed, "staff": "Alice"}
        )
    there.callback.body = f"<xml><Remark>{dashed} {number}</Remark></xml>"
    there.callback.save(update_fields=["body"])


@pytest.mark.parametrize("role", ["operator", "lead", "staff", "analyst"])
def test_only_administrators_see_a_phone_number_in_full(there, role):
    number = random.Random(role).choice(["139{}", "158{}", "188{}"]).format("24680135")
    spread(there, number)
    client = logged_in(there.operators[role])
    for address in every_address():
        if address.name != "admin:logout":
            text = text_of(client.get(address.path(there)))
            assert number not in shown_numbers(text), address.name
    for path in ("/contacts/export/", f"/broadcasts/{there.broadcast.pk}/recipients/export/"):
        assert number not in shown_numbers(text_of(client.post(path)))


def test_an_administrator_sees_it_on_the_customers_page_and_in_her_download(there):
    spread(there, "13700001234")
    client = logged_in(there.operators["admin"])
    for answer in (client.get(f"/contacts/{there.ours.pk}/"), client.post("/contacts/export/")):
        assert "13700001234" in text_of(answer)
    # The API is for programs, and none needs it.
    assert "13700001234" not in text_of(client.get("/api/v1/contacts/"))


@given(before=st.text(max_size=20), number=MOBILES, gap=GAPS, after=st.text(max_size=20))
def test_masking_leaves_no_number(before, number, gap, after):
    before, after = before.rstrip("0123456789"), after.lstrip("0123456789")
    written = f"{number[:3]}{gap}{number[3:7]}{gap}{number[7:]}"
    masked = mask_phones(f"{before} {written} {after}")
    assert written not in masked
    assert f"{number[:3]}****{number[7:]}" in masked


@pytest.mark.parametrize("text", ["1791770401", "1791770401000", "wm13812345678901", "2026-03-10"])
def test_what_is_no_phone_number_stays(text):
    assert mask_phones(text) == text


def test_ten_thousand_log_lines_hold_no_secret():
    draw = random.Random(11)
    formatter = MaskedFormatter("%(levelname)s %(message)s")
    shapes = (
        "GET /cgi-bin/user/get?access_token={secret}&userid=x",
        "https://qyapi.weixin.qq.com/cgi-bin/gettoken?corpid=ww1&corpsecret={secret}",
        "{{'access_token': '{secret}', 'expires_in': 7200}}",
        '{{"welcome_code": "{secret}", "text": {{}}}}',
        "<WelcomeCode><![CDATA[{secret}]]></WelcomeCode>",
        "<WelcomeCode>{secret}</WelcomeCode>",
        "WelcomeCode={secret}",
        "Authorization: Token {secret}",
        "password: {secret}",
        "?msg_signature={secret}&timestamp=1",
        "customer {phone} wrote",
        "remark='王{phone}'",
    )
    for number in range(10_000):
        secret = secrets.token_hex(20)
        phone = f"1{draw.randint(3, 9)}{draw.randint(0, 999_999_999):09d}"
        line = shapes[number % len(shapes)].format(secret=secret, phone=phone)
        record = logging.LogRecord("x", logging.INFO, "f", 1, "%s: %s", ("noise", line), None)
        written = formatter.format(record)
        assert secret not in written, line
        assert phone not in written, line


def test_a_traceback_in_the_log_is_masked_too():
    try:
        raise ValueError("no tag for 13812345678, access_token=ABCDEFG")
    except ValueError as error:
        info = (type(error), error, error.__traceback__)
    record = logging.LogRecord("x", logging.ERROR, "f", 1, "failed", (), info)
    written = MaskedFormatter("%(message)s").format(record)
    assert "13812345678" not in written
    assert "ABCDEFG" not in written
    assert "138****5678" in written


def test_every_line_of_the_product_goes_through_the_mask(settings):
    formatters = settings.LOGGING["formatters"].values()
    assert {f["()"] for f in formatters} == {"scrm.privacy.MaskedFormatter"}
    assert all(h["formatter"] == "line" for h in settings.LOGGING["handlers"].values())


def test_plain_words_are_logged_as_they_are():
    words = "sync run 12 failed: department 3 has no token yet; password policy unchanged"
    assert hide_secrets(words) == words


@pytest.mark.django_db
def test_a_callback_leaves_neither_code_nor_phone_in_the_log(client, settings, caplog):
    caplog.set_level(logging.DEBUG)
    text = event(
        "change_external_contact",
        "add_external_contact",
        WelcomeCode="CODE77",
        Remark="13812345678",
    )
    deliver(client, settings, text)
    deliver(client, settings, text, token="guessed")
    post(client, {"msg_signature": "x", "timestamp": "1", "nonce": "13812345678"}, text.encode())
    for record in caplog.records:
        assert "CODE77" not in record.getMessage()
        assert settings.WECOM_CALLBACK_TOKEN not in record.getMessage()


def test_an_error_page_repeats_nothing_of_the_request(there):
    client = logged_in(there.operators["operator"])
    for path in ("/13812345678/", "/contacts/13812345678/", "/segments/1/?q=13812345678"):
        assert "13812345678" not in shown_numbers(text_of(client.get(path))) or "q=" in path


STARTS = ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", " =", "　="]


@pytest.mark.parametrize("start", STARTS)
@given(rest=st.text(max_size=20))
def test_no_cell_of_a_download_begins_a_formula(start, rest):
    cell = safe_cell(start + rest)
    assert cell.startswith("'")
    body = csv_response("x.csv", ["head"], [[start + rest, "x"]])
    text = b"".join(body.streaming_content).decode().removeprefix("\ufeff")
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert len(rows) == 2
    assert rows[1][0][0] == "'"


@pytest.mark.parametrize("name", ['a"b.csv', "a\r\nX-Evil: 1.csv", "../../etc/passwd", "客户.csv"])
def test_the_name_of_a_download_cannot_break_its_header(name):
    header = csv_response(name, [], []).headers["Content-Disposition"]
    assert header.startswith("attachment")
    assert "\n" not in header
    assert "\r" not in header
    assert header.count('"') in {0, 2}
    assert "/" not in header


def test_a_heading_is_made_safe_as_well():
    body = csv_response("x.csv", ["=1+1"], [])
    assert b"'=1+1" in b"".join(body.streaming_content)
