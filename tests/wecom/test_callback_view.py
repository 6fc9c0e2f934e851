"""The address WeCom calls: what is ours is kept, what is not leaves no trace."""

from __future__ import annotations

import base64
import json
import logging
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from scrm.audit.models import AuditEntry
from scrm.ratelimit.store import client as redis
from scrm.wecom.callback import counts
from scrm.wecom.callback.crypto import Cipher
from scrm.wecom.callback.letters import WELCOME_LIST
from scrm.wecom.callback.views import MOST_BYTES
from scrm.wecom.models import CallbackEvent
from tests.wecom.letters import ADDRESS, deliver, envelope, event, post, sealed

ADDED = ("change_external_contact", "add_external_contact")
_VECTORS = json.loads((Path(__file__).parent / "payloads" / "crypto_vectors.json").read_text())
_OURS = _VECTORS["generated"]

pytestmark = pytest.mark.usefixtures("db")
noisy = hypothesis_settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def test_an_event_is_kept_whole_and_answered_with_success(client, settings):
    text = event(*ADDED, UserID="zhangwei", ExternalUserID="wm-xiaoyu")
    answer = deliver(client, settings, text)
    assert (answer.status_code, answer.content) == (200, b"success")
    row = CallbackEvent.objects.get()
    assert (row.event, row.change_type, row.order_key) == (*ADDED, "wm-xiaoyu")
    assert (row.body, row.state, row.attempts) == (text, "new", 0)


def test_storing_an_event_takes_one_query(client, settings, django_assert_num_queries):
    with django_assert_num_queries(1):
        deliver(client, settings, event(*ADDED, ExternalUserID="wm-xiaoyu"))


def test_the_same_event_again_is_answered_and_changes_nothing(client, settings):
    text = event(*ADDED, ExternalUserID="wm-xiaoyu", WelcomeCode="CODE")
    query, body = sealed(settings, text)
    answers = [post(client, query, body), post(client, query, body)]
    answers.append(deliver(client, settings, text))  # encrypted anew, as a retry may be
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert CallbackEvent.objects.count() == 1
    assert redis().llen(WELCOME_LIST) == 1


def _received(client, settings, text, *, ago):
    query, body = sealed(settings, text)
    post(client, query, body)
    CallbackEvent.objects.update(received_at=timezone.now() - ago)
    return query, body


@pytest.mark.parametrize("ago", [timedelta(minutes=10), timedelta(days=1)])
def test_an_old_copy_has_no_effect_but_is_counted_and_on_record(client, settings, ago):
    query, body = _received(client, settings, event(*ADDED, WelcomeCode="CODE"), ago=ago)
    redis().delete(WELCOME_LIST)
    for _copy in range(3):
        assert post(client, query, body).status_code == 200
    row = CallbackEvent.objects.get()
    assert (row.state, row.attempts) == ("new", 0)
    assert redis().llen(WELCOME_LIST) == 0
    assert counts.recent(now=timezone.now())[counts.Count.REPLAYED] == 3
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.operator, entry.subject_id) == (
        "callback.replayed",
        None,
        str(row.pk),
    )


def test_wecoms_own_repetition_is_counted_but_nothing_strange(client, settings):
    query, body = _received(client, settings, event(*ADDED), ago=timedelta(seconds=1))
    post(client, query, body)
    seen = counts.recent(now=timezone.now())
    assert (seen[counts.Count.REPEATED], seen[counts.Count.REPLAYED]) == (1, 0)
    assert not AuditEntry.objects.exists()


def test_an_event_nobody_knows_is_kept_too(client, settings):
    assert deliver(client, settings, event("event_of_tomorrow")).status_code == 200
    assert CallbackEvent.objects.get().event == "event_of_tomorrow"


def test_names_longer_than_their_columns_do_not_lose_the_event(client, settings):
    text = event("e" * 300, "c" * 300, ExternalUserID="wm" * 300)
    assert deliver(client, settings, text).status_code == 200
    assert CallbackEvent.objects.get().body == text


def test_a_welcome_code_is_pushed_to_its_worker(client, settings):
    deliver(
        client,
        settings,
        event(*ADDED, UserID="zhangwei", ExternalUserID="wm-1", State="s", WelcomeCode="CODE"),
    )
    [letter] = [json.loads(raw) for raw in redis().lrange(WELCOME_LIST, 0, -1)]
    assert (letter["WelcomeCode"], letter["UserID"], letter["State"]) == ("CODE", "zhangwei", "s")
    assert letter["received_at"] > 1_700_000_000
    assert 0 < redis().ttl(WELCOME_LIST) <= 60


def test_without_redis_events_are_kept_all_the_same(client, settings):
    settings.REDIS_URL = "unix:///nowhere/redis.sock"
    answer = deliver(client, settings, event(*ADDED, WelcomeCode="CODE"), timestamp=1)
    assert answer.status_code == 200
    assert CallbackEvent.objects.count() == 1


def test_without_the_database_wecom_is_asked_to_repeat(client, settings):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE wecom_callbackevent RENAME TO away")
    assert deliver(client, settings, event(*ADDED, WelcomeCode="CODE")).status_code == 503
    assert redis().llen(WELCOME_LIST) == 0


def test_a_wrong_clock_loses_no_event_but_is_counted_and_told_once(client, settings, caplog):
    for _ in range(3):
        assert deliver(client, settings, event(*ADDED), timestamp=1409659813).status_code == 200
    deliver(client, settings, event(*ADDED))
    assert CallbackEvent.objects.count() == 4
    assert counts.recent(now=timezone.now())[counts.Count.SKEWED] == 3
    told = [record for record in caplog.records if "clock" in record.getMessage()]
    assert len(told) == 1
    assert told[0].levelno == logging.WARNING


def test_no_session_no_cookie_and_no_csrf_token_are_needed(settings):
    client = Client(enforce_csrf_checks=True)
    answer = deliver(client, settings, event(*ADDED))
    assert answer.status_code == 200
    assert not answer.cookies


class TestUrlCheck:
    def _ask(self, client, settings, text="8034512789", **other):
        token = other.get("token", settings.WECOM_CALLBACK_TOKEN)
        cipher = Cipher(token, settings.WECOM_ENCODING_AES_KEY, settings.WECOM_CORP_ID)
        letter = cipher.encrypt(text, nonce="7", timestamp="1791770401")
        query = {
            "msg_signature": letter.signature,
            "timestamp": "1791770401",
            "nonce": "7",
            "echostr": letter.encrypt,
        }
        return client.get(f"{ADDRESS}?{urlencode(query)}")

    def test_the_bare_text_is_echoed(self, client, settings):
        answer = self._ask(client, settings)
        assert (answer.status_code, answer.content) == (200, b"8034512789")

    def test_a_stranger_gets_no_echo(self, client, settings):
        assert self._ask(client, settings, token="guessed").status_code == 403

    def test_without_parameters_there_is_nothing_to_check(self, client):
        assert client.get(ADDRESS).status_code == 400

    def test_wecoms_own_check_passes(self, corp, live_server):
        corp.state.callbacks.url = f"{live_server.url}{ADDRESS}"
        assert corp.state.callbacks.verify(at=corp.state.clock.timestamp())


class TestForged:
    """Each is refused with 4xx, quickly, and writes nothing."""

    @pytest.fixture(autouse=True)
    def _nothing_written(self, db):
        yield
        assert CallbackEvent.objects.count() == 0
        assert redis().llen(WELCOME_LIST) == 0

    @pytest.mark.parametrize(
        "other", [{"token": "guessed"}, {"receive_id": "ww0"}, {"aes_key": "b" * 43}]
    )
    def test_with_the_wrong_secret_or_for_another_corp(self, client, settings, other):
        answer = deliver(client, settings, event(*ADDED, WelcomeCode="C"), **other)
        assert answer.status_code == 403

    @pytest.mark.parametrize("name", ["msg_signature", "timestamp", "nonce"])
    @pytest.mark.parametrize("value", [None, "", "x" * 1000, "０１２"])
    def test_with_a_parameter_missing_or_odd(self, client, settings, name, value):
        query, body = sealed(settings, event(*ADDED))
        query = {**query, name: value} if value is not None else query | {name: ""}
        assert 400 <= post(client, query, body).status_code < 404

    def test_over_64_kib_by_its_announced_length(self, client, settings):
        query, _body = sealed(settings, event(*ADDED))
        assert post(client, query, b"x" * (MOST_BYTES + 1)).status_code == 413

    def test_over_64_kib_whatever_it_announced(self, client, settings):
        query, _body = sealed(settings, event(*ADDED))
        answer = client.post(
            f"{ADDRESS}?{urlencode(query)}",
            b"x" * (MOST_BYTES + 1),
            content_type="text/xml",
            CONTENT_LENGTH="",
        )
        assert answer.status_code in {400, 413}

    @pytest.mark.parametrize("length", ["-1", "1e3", "many", "٣"])
    def test_with_a_length_that_is_no_number(self, client, settings, length):
        query, body = sealed(settings, event(*ADDED))
        answer = client.post(
            f"{ADDRESS}?{urlencode(query)}", body, content_type="text/xml", CONTENT_LENGTH=length
        )
        assert answer.status_code == 400

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"not xml",
            b"<xml/>",
            b"<a>" * 20_000,
            b'<!DOCTYPE x [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><xml><Encrypt>&b;</Encrypt></xml>',
            envelope(""),
            envelope("not-base64-@@@"),
            envelope("MDEyMzQ1Njc4OWFiY2RlZg=="),
        ],
    )
    def test_with_a_body_that_is_none(self, client, settings, body):
        query, _body = sealed(settings, event(*ADDED))
        assert post(client, query, body).status_code in {400, 403}

    @pytest.mark.parametrize("vector", _OURS["must_be_rejected"], ids=lambda v: v["name"])
    def test_what_the_vendor_says_to_reject_and_its_secrets_stay_out_of_the_log(
        self, client, settings, caplog, vector
    ):
        settings.WECOM_CALLBACK_TOKEN = _OURS["token"]
        settings.WECOM_ENCODING_AES_KEY = _OURS["encoding_aes_key"]
        settings.WECOM_CORP_ID = _OURS["receive_id"]
        caplog.set_level(logging.DEBUG)
        query = {name: vector[name] for name in ("msg_signature", "timestamp", "nonce")}
        assert post(client, query, envelope(vector["encrypt"])).status_code in {400, 403}
        logged = caplog.text
        for secret in (_OURS["token"], _OURS["encoding_aes_key"], vector["encrypt"][:40]):
            assert not secret or secret not in logged

    def test_a_verified_text_that_is_no_xml(self, client, settings):
        assert deliver(client, settings, "hello").status_code == 400

    def test_by_another_method(self, client):
        assert client.put(ADDRESS).status_code == 405

    @noisy
    @given(bit=st.integers(min_value=0))
    def test_with_any_bit_of_the_message_flipped(self, client, settings, bit):
        query, body = sealed(settings, event(*ADDED, ExternalUserID="wm-1"))
        start = body.index(b"<Encrypt>") + 9
        encrypt = bytearray(base64.b64decode(body[start : body.index(b"</Encrypt>")]))
        encrypt[bit // 8 % len(encrypt)] ^= 1 << bit % 8
        flipped = envelope(base64.b64encode(bytes(encrypt)).decode())
        assert post(client, query, flipped).status_code == 403

    @noisy
    @given(
        body=st.binary(max_size=300),
        query=st.dictionaries(
            st.sampled_from(["msg_signature", "timestamp", "nonce", "other"]), st.text(max_size=60)
        ),
    )
    def test_with_noise(self, client, body, query):
        query = {name: value.encode("utf-8", "ignore").decode() for name, value in query.items()}
        assert 400 <= post(client, query, body).status_code < 500

    @noisy
    @given(text=st.binary(max_size=300))
    def test_with_noise_in_a_proper_envelope(self, client, settings, text):
        query, _body = sealed(settings, event(*ADDED))
        body = b"<xml><Encrypt><![CDATA[" + text + b"]]></Encrypt></xml>"
        assert 400 <= post(client, query, body).status_code < 500
