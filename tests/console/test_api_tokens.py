"""Tokens of the REST API: made by administrators, shown once, never written anywhere else."""

from __future__ import annotations

import pytest
from django.contrib.admin.models import LogEntry
from rest_framework.authtoken.models import Token

from scrm.audit.models import AuditEntry
from scrm.console.models import Role
from tests import build

pytestmark = pytest.mark.django_db

LIST = "/admin/console/apitoken/"


def test_a_token_is_shown_once_and_works(operator_client, client):
    program = build.operator(role=Role.ANALYST)
    page = operator_client.post(f"{LIST}add/", {"user": program.pk}, follow=True)
    key = Token.objects.get(user=program).key
    assert page.content.decode().count(key) == 1
    assert key not in operator_client.get(LIST).content.decode()
    answer = client.get("/api/v1/contacts/", headers={"authorization": f"Token {key}"})
    assert answer.status_code == 200


def test_a_token_that_was_withdrawn_opens_nothing(operator_client, client):
    program = build.operator()
    key = Token.objects.create(user=program).key
    answer = operator_client.post(f"{LIST}{program.pk}/delete/", {"post": "yes"})
    assert answer.status_code == 302
    assert not Token.objects.exists()
    client.logout()
    answer = client.get("/api/v1/contacts/", headers={"authorization": f"Token {key}"})
    assert answer.status_code == 401


def test_a_token_stands_in_no_log(operator_client):
    program = build.operator()
    operator_client.post(f"{LIST}add/", {"user": program.pk}, follow=True)
    key = Token.objects.get().key
    shown = operator_client.get(f"{LIST}{program.pk}/delete/").content.decode()
    operator_client.post(f"{LIST}{program.pk}/delete/", {"post": "yes"})
    assert key not in shown
    written = [str(row.__dict__) for row in (*LogEntry.objects.all(), *AuditEntry.objects.all())]
    assert len(written) == 4
    assert not any(key in line for line in written)


def test_a_switched_off_operators_token_opens_nothing(client):
    program = build.operator(is_active=False)
    key = Token.objects.create(user=program).key
    answer = client.get("/api/v1/contacts/", headers={"authorization": f"Token {key}"})
    assert answer.status_code == 401
