"""Share links: a page as it was seen, for those who may see it."""

from __future__ import annotations

import pytest

from scrm.audit.models import AuditEntry
from scrm.console.models import Role, ShareLink
from tests import build

pytestmark = pytest.mark.django_db
PAGE = "/broadcast-effects/"


@pytest.fixture(autouse=True)
def in_english(client):
    client.cookies["django_language"] = "en"


def shared(client, path=PAGE, query="period=90", **headers):
    asked = {"path": path, "query": query, "title": "Effect"}
    return client.post("/shares/new/", asked, headers=headers)


def test_a_page_of_figures_offers_its_state_and_others_do_not(operator_client):
    text = operator_client.get(f"{PAGE}?period=90&after=x").content.decode()
    assert 'name="query" value="period=90"' in text
    for path in ("/", "/shares/", "/contacts/"):
        assert 'class="share"' not in operator_client.get(path).content.decode()


def test_the_same_state_has_one_link_that_leads_to_it(operator_client):
    for _press in range(2):
        answer = shared(operator_client, **{"HX-Request": "true"})
        assert answer.status_code == 200
    link = ShareLink.objects.get()
    assert f"http://testserver/s/{link.code}/" in answer.content.decode()
    assert operator_client.get(f"/s/{link.code}/").headers["Location"] == f"{PAGE}?period=90"
    assert link.code in operator_client.get("/shares/").content.decode()
    assert AuditEntry.objects.filter(action="share_link.create").count() == 1


@pytest.mark.parametrize(
    "path", ["/contacts/", "//evil.example.com/", "https://evil.example.com/", "/reports/", ""]
)
def test_nothing_but_a_page_of_figures_is_shared(operator_client, path):
    answer = shared(operator_client, path, **{"HX-Request": "true"})
    assert "This page cannot be shared." in answer.content.decode()
    shared(operator_client, query="x=" + "y" * 3000)
    assert not ShareLink.objects.exists()


def test_without_the_permission_it_says_which_one_and_who_has_it(operator_client):
    shared(operator_client)
    link = ShareLink.objects.get()
    operator_client.force_login(build.operator(role=Role.STAFF))
    operator_client.cookies["django_language"] = "en"
    answer = operator_client.get(f"/s/{link.code}/")
    assert answer.status_code == 403
    text = answer.content.decode()
    assert "analytics.view_contactmetrics" in text
    assert "Analyst (read only)" in text
    operator_client.logout()
    assert "/admin/login/" in operator_client.get(f"/s/{link.code}/").headers["Location"]


def test_a_revoked_link_opens_nothing_and_the_state_gets_a_new_one(operator_client, operator):
    shared(operator_client)
    link = ShareLink.objects.get()
    stranger = build.operator(role=Role.OPERATOR)
    operator_client.force_login(stranger)
    assert operator_client.post(f"/shares/{link.pk}/revoke/").status_code == 404
    operator_client.force_login(operator)
    operator_client.post(f"/shares/{link.pk}/revoke/")
    assert operator_client.get(f"/s/{link.code}/").status_code == 410
    answer = operator_client.post(f"/shares/{link.pk}/revoke/", follow=True)
    assert "revoked before" in answer.content.decode()
    shared(operator_client)
    assert ShareLink.objects.filter(revoked_at=None).exclude(pk=link.pk).count() == 1
