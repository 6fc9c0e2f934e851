"""The log-in page, the language switch and the error pages."""

from __future__ import annotations

import pytest

from tests import build

pytestmark = pytest.mark.django_db


def test_the_log_in_page_says_that_the_world_is_simulated(client, settings):
    settings.WECOM_SIMULATED, settings.DEMO_LOGIN = True, "admin / demo"
    page = client.get("/admin/login/").content.decode()
    assert "模拟环境" in page
    assert "admin / demo" in page


def test_a_real_corp_shows_no_demo_log_in(client, settings):
    settings.WECOM_SIMULATED, settings.DEMO_LOGIN = False, "admin / demo"
    page = client.get("/admin/login/").content.decode()
    assert "模拟环境" not in page
    assert "admin / demo" not in page


def test_logging_in_without_an_aim_leads_home(client):
    operator = build.operator()
    given = {"username": operator.username, "password": "a-long-password"}
    response = client.post("/admin/login/", given)
    assert response.headers["Location"] == "/"


def test_the_language_can_be_switched_before_logging_in(client):
    client.post("/i18n/setlang/", {"language": "en", "next": "/admin/login/"})
    assert "Log in" in client.get("/admin/login/").content.decode()


def test_a_page_that_does_not_exist_says_so_kindly(operator_client):
    response = operator_client.get("/nothing-here/")
    assert response.status_code == 404
    assert "这里什么都没有" in response.content.decode()


def test_a_page_one_may_not_open_says_so_kindly(client):
    client.force_login(build.operator(role="staff"))
    response = client.get("/operations/")
    assert response.status_code == 403
    assert "你没有权限打开此页面" in response.content.decode()


def test_each_language_is_offered_in_its_own_words(client):
    page = client.get("/admin/login/").content.decode()
    assert ">简体中文</button>" in page
    assert ">English</button>" in page
