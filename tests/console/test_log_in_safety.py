"""Guessing passwords, stealing sessions, framing pages: what stands in the way."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from axes.models import AccessAttempt
from django.conf import settings as conf
from django.test import Client
from django.utils import timezone

from tests import build

ROOT = Path(__file__).resolve().parents[2]
LOG_IN = "/admin/login/"


def try_password(client, name, password="wrong"):
    return client.post(LOG_IN, {"username": name, "password": password})


@pytest.fixture
def somebody(db):
    return build.operator(username="xiaoming")


def test_five_wrong_passwords_close_the_name_for_a_while(client, somebody):
    answers = [try_password(client, somebody.username) for _try in range(5)]
    assert [answer.status_code for answer in answers] == [200] * 4 + [429]
    again = try_password(Client(), somebody.username, "a-long-password")
    assert again.status_code == 429
    assert "密码错误次数过多" in again.content.decode()
    assert "15 分钟" in again.content.decode()
    assert timedelta(minutes=15) == conf.AXES_COOLOFF_TIME


def test_after_a_quarter_of_an_hour_the_name_is_open_again(client, somebody):
    for _try in range(6):
        try_password(client, somebody.username)
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=15, seconds=1))
    assert try_password(client, somebody.username, "a-long-password").status_code == 302


def test_trying_on_does_not_keep_the_owner_out_for_longer(client, somebody):
    for _try in range(5):
        try_password(client, somebody.username)
    closed_at = AccessAttempt.objects.get().attempt_time
    for _try in range(3):
        try_password(client, somebody.username)
    assert AccessAttempt.objects.get().attempt_time == closed_at


def test_another_name_and_those_who_are_in_are_not_touched(client, somebody):
    at_work = Client()
    at_work.force_login(somebody)
    for _try in range(6):
        try_password(client, somebody.username)
    colleague = build.operator()
    assert try_password(client, colleague.username, "a-long-password").status_code == 302
    assert at_work.get("/contacts/").status_code == 200


def test_the_right_password_forgets_the_wrong_ones(client, somebody):
    for _round in range(3):
        for _try in range(4):
            try_password(client, somebody.username)
        assert try_password(client, somebody.username, "a-long-password").status_code == 302
        client.logout()


@pytest.mark.parametrize("name", ["x" * 100_000, "x" * 300, "x\0y", "🙂" * 200, ""])
def test_a_name_nobody_can_have_is_just_wrong(client, db, name):
    answer = client.post(
        LOG_IN, {"username": name, "password": "x"}, headers={"user-agent": "🙂" * 999}
    )
    assert answer.status_code == 200
    assert not AccessAttempt.objects.exists()


def test_no_password_that_was_tried_is_kept(client, somebody):
    try_password(client, somebody.username, "my-other-password")
    assert "my-other-password" not in str(AccessAttempt.objects.get().__dict__)


def test_logging_in_changes_the_session(client, somebody):
    client.cookies[conf.SESSION_COOKIE_NAME] = "planted"
    try_password(client, somebody.username, "a-long-password")
    first = client.cookies[conf.SESSION_COOKIE_NAME].value
    assert first != "planted"
    client.post("/admin/logout/")
    assert client.get("/contacts/").status_code == 302
    thief = Client()
    thief.cookies[conf.SESSION_COOKIE_NAME] = first
    assert thief.get("/contacts/").status_code == 302


def test_the_session_is_out_of_reach_of_scripts_and_of_other_sites(client, somebody):
    try_password(client, somebody.username, "a-long-password")
    cookie = client.cookies[conf.SESSION_COOKIE_NAME]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


def test_log_in_leads_to_no_other_site(client, somebody):
    given = {"username": somebody.username, "password": "a-long-password"}
    for aim in ("https://evil.example/", "//evil.example/", "javascript:alert(1)"):
        answer = client.post(f"{LOG_IN}?next={aim}", {**given, "next": aim})
        assert answer.headers["Location"] == "/"


def test_every_answer_carries_the_headers_that_browsers_obey(operator_client):
    for path in ("/", "/contacts/", "/api/v1/contacts/", "/admin/login/", "/nothing/", "/healthz"):
        headers = operator_client.get(path).headers
        policy = headers["Content-Security-Policy"]
        assert "script-src 'self' 'unsafe-eval';" in f"{policy};"
        assert "frame-ancestors 'none'" in policy
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"


def test_a_browser_led_here_under_a_strange_name_is_refused(client, settings):
    assert "*" not in settings.ALLOWED_HOSTS
    assert client.get("/healthz", headers={"host": "evil.example"}).status_code == 400
    assert client.get(LOG_IN, headers={"host": "localhost:8000"}).status_code != 400


def behind_https(*command):
    """Run Python with SCRM_HTTPS=1, in a process of its own: settings are read at its start."""
    # Django objects in a deployment to what the browser tests set for their own loop.
    env = {name: os.environ[name] for name in os.environ if name != "DJANGO_ALLOW_ASYNC_UNSAFE"}
    return subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env={**env, "SCRM_HTTPS": "1", "SCRM_ALLOWED_HOSTS": "scrm.example.com"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_djangos_deployment_check_is_content():
    done = behind_https("manage.py", "check", "--deploy", "--fail-level", "WARNING")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "no issues" in done.stdout


ASKED = """
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "scrm.settings"
import django
django.setup()
from django.test import Client
host = {"host": "scrm.example.com"}
plain = Client().get("/admin/login/", headers=host)
print(plain.status_code, plain.headers["Location"])
page = Client().get("/admin/login/", headers={**host, "x-forwarded-proto": "https"})
print(page.status_code, page.headers["Strict-Transport-Security"])
print([bool(cookie["secure"]) for cookie in page.cookies.values()])
print(Client().get("/wecom/callback/", headers=host).status_code)
"""


def test_cookies_and_addresses_are_for_https_alone():
    done = behind_https("-c", ASKED)
    assert done.stdout.splitlines() == [
        "301 https://scrm.example.com/admin/login/",
        "200 max-age=31536000",
        "[True]",
        "400",
    ], done.stderr
