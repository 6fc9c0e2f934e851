"""Saved views: kept, shared, opened by default, renamed, deleted, by whom it may."""

from __future__ import annotations

import pytest

from contacts.models import DefaultView, SavedView
from scrm.audit.models import AuditEntry
from scrm.console.models import Role
from tests import build

pytestmark = pytest.mark.django_db


def save(client, query="stage=silent&sort=spend", **form):
    return client.post(f"/contacts/views/save/?{query}", {"name": "Sleepers", **form})


def act(client, view, what, **form):
    return client.post(f"/contacts/views/{view.pk}/", {"act": what, **form})


def logged_in(client, **values):
    operator = build.operator(**values)
    client.force_login(operator)
    return operator


def test_a_filter_is_kept_as_the_address_has_it_without_what_is_not_a_filter(operator_client):
    answer = save(operator_client, "stage=silent&stage=lost&gender=x&after=abc&sort=newest&text=")
    view = SavedView.objects.get()
    assert (view.name, view.query, view.is_shared) == ("Sleepers", "stage=silent&stage=lost", False)
    assert answer.url == f"/contacts/?stage=silent&stage=lost&view={view.pk}"
    assert AuditEntry.objects.get().action == "view.save"


def test_the_list_opens_with_the_default_view_until_asked_for_something_else(operator_client):
    save(operator_client, is_default="on")
    view = SavedView.objects.get()
    opened = operator_client.get("/contacts/")
    assert opened.url == f"/contacts/?stage=silent&sort=spend&view={view.pk}"
    page = operator_client.get(opened.url)
    assert page.context["open_view"] == view
    assert not page.context["is_changed"]
    assert operator_client.get("/contacts/?view=0").context["open_view"] is None
    act(operator_client, view, "no-default")
    assert operator_client.get("/contacts/").status_code == 200


def test_an_own_view_takes_the_filter_of_the_moment(operator_client):
    save(operator_client)
    view = SavedView.objects.get()
    page = operator_client.get(f"/contacts/?stage=new&view={view.pk}")
    assert page.context["is_changed"]
    operator_client.post(f"/contacts/views/save/?stage=new&view={view.pk}", {"replace": "1"})
    view.refresh_from_db()
    assert view.query == "stage=new"


def test_a_shared_view_is_seen_by_the_team_and_changed_by_its_owner_alone(client):
    owner = logged_in(client)
    save(client, is_shared="on")
    view = SavedView.objects.get()
    colleague = logged_in(client, role=Role.ANALYST)
    (row,) = client.get("/contacts/views/").context["rows"]
    assert (row["view"], row["is_own"]) == (view, False)
    for what in ("delete", "rename", "unshare"):
        act(client, view, what, name="Mine")
    view.refresh_from_db()
    assert (view.name, view.is_shared) == ("Sleepers", True)
    act(client, view, "default")
    assert DefaultView.objects.get().operator == colleague
    client.force_login(owner)
    act(client, view, "unshare")
    assert not DefaultView.objects.exists()
    client.force_login(colleague)
    assert client.get("/contacts/views/").context["rows"] == []
    act(client, view, "default")
    assert not DefaultView.objects.exists()


def test_a_view_is_renamed_and_deleted(operator_client):
    save(operator_client, is_default="on")
    view = SavedView.objects.get()
    act(operator_client, view, "rename", name="  Long   asleep ")
    view.refresh_from_db()
    assert view.name == "Long asleep"
    act(operator_client, view, "delete")
    assert not SavedView.objects.exists()
    assert operator_client.get("/contacts/").status_code == 200
    actions = AuditEntry.objects.order_by("pk").values_list("action", flat=True)
    assert list(actions) == ["view.save", "view.change", "view.delete"]


@pytest.mark.parametrize("name", ["", "   ", "x" * 33, "Sleepers"])
def test_a_name_must_be_new_and_short(operator_client, name):
    save(operator_client)
    page = operator_client.post("/contacts/views/save/?stage=new", {"name": name}, follow=True)
    assert "notice-error" in page.content.decode() or list(page.context["messages"])
    assert SavedView.objects.count() == 1


def test_who_may_not_change_customers_keeps_views_without_sharing_them(client):
    logged_in(client, role=Role.STAFF, staff_userid="alice")
    save(client, is_shared="on")
    assert not SavedView.objects.exists()
    save(client)
    assert not SavedView.objects.get().is_shared
    page = client.get("/contacts/?view=0").content.decode()
    assert 'name="is_shared"' not in page
