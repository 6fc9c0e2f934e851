"""Who may open what: every address × every role × every method, nothing left out."""

from __future__ import annotations

import pytest
from django.db import transaction
from django.test import Client
from rest_framework.authtoken.models import Token

from scrm.console.models import ApiArea, Role, TokenScope
from scrm.console.pages import Page, entries
from tests.architecture.addresses import every_address

ADDRESSES = every_address()
PAGES = {f"console:{page.name}": page for page in entries() if isinstance(page, Page)}
CONSOLE = [a for a in ADDRESSES if a.area == "console"]
ADMIN = [a for a in ADDRESSES if a.area == "admin"]
API = [a for a in ADDRESSES if a.route.startswith("api/v1/")]

# Open to everybody, and why that is right.
OPEN = {
    "healthz": "says up or down, nothing else",
    "set_language": "before the log-in, too; sets a cookie",
    "wecom-callback": "WeCom signs what it sends",
    "h5:preferences": "a customer's own page; the link is signed",
    "hooks:orders": "shops sign what they send",
    "tracked-link": "customers tap it; leads where its row says, and counts",
    "schema": "describes the programs, which anybody can read, and no data",
    "api-docs": "the same, to look at",
    "api-docs-script": "what that page runs",
    "admin:login": "where one logs in",
    "admin:logout": "whoever is not logged in has nothing to lose",
}
# Pages every operator may open, whatever the role; what is on them is chosen card by card.
FOR_ALL = {"console:home"}

CONTACTS, SEGMENTS, BROADCASTS, FIGURES, WEBHOOKS = (
    "contacts.view_contact",
    "contacts.view_segment",
    "broadcasts.view_broadcast",
    "analytics.view_contactmetrics",
    "broadcasts.use_webhook_api",
)
API_NEEDS: dict[tuple[str, str], str] = {
    ("contacts-list", "get"): CONTACTS,
    ("contacts-detail", "get"): CONTACTS,
    ("contacts-profile", "get"): CONTACTS,
    ("contacts-profile", "patch"): "contacts.change_contact",
    ("notes-list", "get"): "contacts.view_contactnote",
    ("notes-list", "post"): "contacts.add_contactnote",
    ("notes-detail", "get"): "contacts.view_contactnote",
    ("tasks-list", "get"): "contacts.view_stafftask",
    ("tasks-list", "post"): "contacts.add_stafftask",
    ("tasks-detail", "get"): "contacts.view_stafftask",
    ("tasks-done", "post"): "contacts.change_stafftask",
    ("tasks-cancel", "post"): "contacts.change_stafftask",
    ("tasks-tell", "post"): "contacts.change_stafftask",
    ("profile-fields-list", "get"): "contacts.view_profilefield",
    ("profile-fields-list", "post"): "contacts.add_profilefield",
    ("profile-fields-detail", "get"): "contacts.view_profilefield",
    ("profile-fields-detail", "patch"): "contacts.change_profilefield",
    ("handovers-list", "get"): "contacts.view_handover",
    ("handovers-list", "post"): "contacts.add_handover",
    ("handovers-detail", "get"): "contacts.view_handover",
    ("handovers-check", "post"): "contacts.add_handover",
    ("handovers-customers", "get"): "contacts.view_handover",
    ("preferences-list", "get"): "contacts.view_preference",
    ("preferences-detail", "get"): "contacts.view_preference",
    ("preferences-detail", "patch"): "contacts.change_preference",
    ("topics-list", "get"): "contacts.view_topic",
    ("topics-list", "post"): "contacts.add_topic",
    ("topics-detail", "get"): "contacts.view_topic",
    ("topics-detail", "put"): "contacts.change_topic",
    ("topics-detail", "patch"): "contacts.change_topic",
    ("channels-list", "get"): "contacts.view_channel",
    ("channels-list", "post"): "contacts.add_channel",
    ("channels-detail", "get"): "contacts.view_channel",
    ("channels-detail", "patch"): "contacts.change_channel",
    ("channels-detail", "delete"): "contacts.delete_channel",
    ("channels-figures", "get"): "contacts.view_channel",
    ("channel-costs-list", "get"): "contacts.view_costentry",
    ("channel-costs-list", "post"): "contacts.add_costentry",
    ("channel-costs-detail", "get"): "contacts.view_costentry",
    ("channel-costs-detail", "patch"): "contacts.change_costentry",
    ("channel-costs-detail", "delete"): "contacts.delete_costentry",
    ("segments-list", "get"): SEGMENTS,
    ("segments-list", "post"): "contacts.add_segment",
    ("segments-detail", "get"): SEGMENTS,
    ("segments-count", "post"): SEGMENTS,
    ("segments-recount", "post"): SEGMENTS,
    ("segments-detail", "patch"): "contacts.change_segment",
    ("segments-archive", "post"): "contacts.change_segment",
    ("segments-uses", "get"): "contacts.change_segment",
    ("segments-versions", "get"): SEGMENTS,
    ("segments-restore", "post"): "contacts.change_segment",
    ("segments-freeze", "post"): "contacts.add_segment",
    ("segments-refreeze", "post"): "contacts.change_segment",
    ("segments-why", "get"): SEGMENTS,
    ("tags-list", "get"): "contacts.view_tag",
    ("tags-list", "post"): "contacts.add_tag",
    ("tags-detail", "get"): "contacts.view_tag",
    ("tags-detail", "patch"): "contacts.change_tag",
    ("tags-detail", "delete"): "contacts.delete_tag",
    ("tags-move", "post"): "contacts.change_tag",
    ("tags-rule", "post"): "contacts.change_tag",
    ("tags-rule", "delete"): "contacts.change_tag",
    ("tag-groups-list", "get"): "contacts.view_taggroup",
    ("tag-groups-list", "post"): "contacts.add_taggroup",
    ("tag-groups-detail", "get"): "contacts.view_taggroup",
    ("tag-groups-detail", "patch"): "contacts.change_taggroup",
    ("tag-groups-detail", "delete"): "contacts.delete_taggroup",
    ("tag-groups-move", "post"): "contacts.change_taggroup",
    ("tag-jobs-list", "get"): "contacts.view_tagjob",
    ("tag-jobs-list", "post"): "contacts.change_contact",
    ("tag-jobs-detail", "get"): "contacts.view_tagjob",
    ("tag-jobs-cancel", "post"): "contacts.change_contact",
    ("tag-jobs-failures", "get"): "contacts.view_tagjob",
    ("groups-list", "get"): "groups.view_groupchat",
    ("groups-detail", "get"): "groups.view_groupchat",
    ("groups-members", "get"): "groups.view_groupchat",
    ("groups-days", "get"): "groups.view_groupchat",
    ("group-duplicates-list", "get"): "groups.view_groupmember",
    ("group-statistics-list", "get"): "groups.view_groupday",
    ("group-tags-list", "get"): "groups.view_grouptag",
    ("group-tags-list", "post"): "groups.add_grouptag",
    ("group-tags-mark", "post"): "groups.add_grouptagmark",
    ("group-segments-list", "get"): "groups.view_groupsegment",
    ("group-segments-list", "post"): "groups.add_groupsegment",
    ("group-segments-detail", "get"): "groups.view_groupsegment",
    ("group-segments-count", "post"): "groups.view_groupsegment",
    ("nickname-rules-list", "get"): "groups.view_nicknamerule",
    ("nickname-rules-detail", "get"): "groups.view_nicknamerule",
    ("group-handovers-list", "get"): "groups.view_grouphandover",
    ("group-handovers-list", "post"): "groups.add_grouphandover",
    ("group-handovers-detail", "get"): "groups.view_grouphandover",
    ("group-handovers-groups", "get"): "groups.view_grouphandover",
    ("group-handovers-cancel", "post"): "groups.add_grouphandover",
    ("broadcasts-list", "get"): BROADCASTS,
    ("broadcasts-list", "post"): "broadcasts.add_broadcast",
    ("broadcasts-detail", "get"): BROADCASTS,
    ("broadcasts-dry-run", "get"): BROADCASTS,
    ("broadcasts-results", "get"): BROADCASTS,
    ("broadcasts-schedule", "post"): "broadcasts.change_broadcast",
    ("broadcasts-stop", "post"): "broadcasts.change_broadcast",
    ("broadcasts-detail", "patch"): "broadcasts.change_broadcast",
    ("broadcasts-detail", "delete"): "broadcasts.change_broadcast",
    ("broadcasts-submit", "post"): "broadcasts.change_broadcast",
    ("broadcasts-withdraw", "post"): "broadcasts.change_broadcast",
    ("broadcasts-approve", "post"): "broadcasts.approve_broadcast",
    ("broadcasts-reject", "post"): "broadcasts.approve_broadcast",
    ("broadcasts-pause", "post"): "broadcasts.change_broadcast",
    ("broadcasts-resume", "post"): "broadcasts.change_broadcast",
    ("broadcasts-remind", "post"): "broadcasts.change_broadcast",
    ("broadcasts-groups", "get"): BROADCASTS,
    ("broadcast-plans-list", "get"): "broadcasts.view_broadcastplan",
    ("broadcast-plans-list", "post"): "broadcasts.add_broadcastplan",
    ("broadcast-plans-detail", "get"): "broadcasts.view_broadcastplan",
    ("broadcast-plans-detail", "delete"): "broadcasts.change_broadcastplan",
    ("broadcast-plans-pause", "post"): "broadcasts.change_broadcastplan",
    ("broadcast-plans-resume", "post"): "broadcasts.change_broadcastplan",
    ("webhooks-list", "get"): WEBHOOKS,
    ("webhooks-list", "post"): WEBHOOKS,
    ("webhooks-detail", "get"): WEBHOOKS,
    ("webhooks-disable", "post"): WEBHOOKS,
    ("webhooks-enable", "post"): WEBHOOKS,
    ("webhooks-replay", "post"): WEBHOOKS,
    ("webhooks-deliveries", "get"): WEBHOOKS,
    ("materials-list", "get"): "broadcasts.view_material",
    ("materials-list", "post"): "broadcasts.add_material",
    ("materials-detail", "get"): "broadcasts.view_material",
    ("materials-detail", "put"): "broadcasts.change_material",
    ("materials-detail", "patch"): "broadcasts.change_material",
    ("materials-detail", "delete"): "broadcasts.delete_material",
    ("materials-archive", "post"): "broadcasts.change_material",
    ("materials-restore", "post"): "broadcasts.change_material",
    ("materials-uses", "get"): "broadcasts.view_material",
    ("links-list", "get"): "broadcasts.view_trackedlink",
    ("links-list", "post"): "broadcasts.add_trackedlink",
    ("links-detail", "get"): "broadcasts.view_trackedlink",
    ("complaints-list", "get"): "broadcasts.view_complaint",
    ("complaints-list", "post"): "broadcasts.add_complaint",
    ("complaints-detail", "get"): "broadcasts.view_complaint",
    ("harm-alarms-list", "get"): BROADCASTS,
    ("sending-stops-list", "get"): "broadcasts.view_stopswitch",
    ("sending-stops-list", "post"): "broadcasts.add_stopswitch",
    ("sending-stops-resume", "post"): "broadcasts.add_stopswitch",
    ("journeys-list", "get"): "broadcasts.view_journey",
    ("journeys-list", "post"): "broadcasts.add_journey",
    ("journeys-detail", "get"): "broadcasts.view_journey",
    ("journeys-detail", "put"): "broadcasts.change_journey",
    ("journeys-mistakes", "get"): "broadcasts.view_journey",
    ("journeys-publish", "post"): "broadcasts.change_journey",
    ("journeys-pause", "post"): "broadcasts.change_journey",
    ("journeys-resume", "post"): "broadcasts.change_journey",
    ("journeys-archive", "post"): "broadcasts.change_journey",
    ("journeys-enrol", "post"): "broadcasts.change_journey",
    ("journeys-enrolments", "get"): "broadcasts.view_journey",
    ("journeys-figures", "get"): "broadcasts.view_journey",
    ("journey-runs-list", "get"): "broadcasts.view_journey",
    ("journey-runs-detail", "get"): "broadcasts.view_journey",
    ("journey-runs-log", "get"): "broadcasts.view_journey",
    ("journey-runs-take-out", "post"): "broadcasts.change_journey",
    ("welcomes-list", "get"): "broadcasts.view_welcome",
    ("welcomes-list", "post"): "broadcasts.add_welcome",
    ("welcomes-detail", "get"): "broadcasts.view_welcome",
    ("welcomes-detail", "put"): "broadcasts.change_welcome",
    ("welcomes-detail", "patch"): "broadcasts.change_welcome",
    ("welcomes-detail", "delete"): "broadcasts.delete_welcome",
    ("welcome-deliveries-list", "get"): "broadcasts.view_welcomedelivery",
    ("welcome-deliveries-detail", "get"): "broadcasts.view_welcomedelivery",
    ("join-ways-list", "get"): "groups.view_joinway",
    ("join-ways-list", "post"): "groups.add_joinway",
    ("join-ways-detail", "get"): "groups.view_joinway",
    ("join-ways-detail", "patch"): "groups.change_joinway",
    ("join-ways-detail", "delete"): "groups.delete_joinway",
    ("join-ways-joins", "get"): "groups.view_joinway",
    ("blocked-imports-list", "get"): "contacts.add_blockedimport",
    ("blocked-imports-list", "post"): "contacts.add_blockedimport",
    ("blocked-imports-detail", "get"): "contacts.add_blockedimport",
    ("blocked-imports-start", "post"): "contacts.add_blockedimport",
    ("blocked-imports-undo", "post"): "contacts.add_blockedimport",
    ("blocked-imports-faults", "get"): "contacts.add_blockedimport",
    ("orders-list", "get"): "contacts.view_order",
    ("orders-detail", "get"): "contacts.view_order",
    ("orders-entries", "get"): "contacts.view_order",
    ("orders-bulk", "post"): "contacts.add_order",
    ("orders-refunds", "post"): "contacts.add_order",
    ("analytics-list", "get"): FIGURES,
    ("analytics-detail", "get"): FIGURES,
    ("analytics/overview-list", "get"): FIGURES,
    ("analytics/cohorts-list", "get"): FIGURES,
    ("analytics/channels-list", "get"): FIGURES,
    ("analytics/staff-list", "get"): FIGURES,
    ("churn-alerts-list", "get"): "analytics.view_churnalert",
    ("churn-alerts-detail", "get"): "analytics.view_churnalert",
    ("churn-alerts-done", "post"): "analytics.change_churnalert",
    ("churn-alerts-dismiss", "post"): "analytics.change_churnalert",
    ("api-root", "get"): "",
}
# What an admin page needs; every model's list is for those who may view it.
ADMIN_VERBS = {"changelist": "view", "add": "add", "change": "view", "delete": "delete"}

# The codes of the world were made by nobody, so they have no picture.
WITHOUT_PICTURE = {"console:channel-picture", "console:join-way-picture"}

# Rows of one operator, which others do not find, however much they see.
OWN_ALONE = {"console:share-revoke"}

# Pages that more roles may look at than may save.
SAVING_NEEDS = {
    "console:reach-policy": "broadcasts.change_policysettings",
    "console:link-list": "broadcasts.add_trackedlink",
    "console:content-words": "broadcasts.change_contentsettings",
}

# Which role may do what, written out: the permissions themselves are under test, too.
ADMIN_ONLY = {"admin"}
WRITERS = {"admin", "operator"}
EVERYBODY_BUT_STAFF = {"admin", "operator", "lead", "analyst"}
ALL = {role.value for role in Role}
ROLES_WITH: dict[str, set[str]] = {
    "contacts.view_channel": EVERYBODY_BUT_STAFF,
    "contacts.add_channel": WRITERS,
    "contacts.change_channel": WRITERS,
    "contacts.delete_channel": WRITERS,
    "contacts.view_costentry": EVERYBODY_BUT_STAFF,
    "contacts.add_costentry": WRITERS,
    "contacts.change_costentry": WRITERS,
    "contacts.delete_costentry": WRITERS,
    "contacts.view_contact": ALL,
    "groups.view_groupchat": ALL,
    "groups.view_groupday": EVERYBODY_BUT_STAFF,
    "groups.view_groupmember": EVERYBODY_BUT_STAFF,
    "groups.export_groupchat": WRITERS,
    "groups.view_grouptag": EVERYBODY_BUT_STAFF,
    "groups.view_groupsegment": EVERYBODY_BUT_STAFF,
    "groups.view_nicknamerule": EVERYBODY_BUT_STAFF,
    "groups.view_grouphandover": EVERYBODY_BUT_STAFF,
    "groups.view_joinway": EVERYBODY_BUT_STAFF,
    "broadcasts.view_groupwelcome": EVERYBODY_BUT_STAFF,
    "broadcasts.add_groupwelcome": WRITERS,
    "broadcasts.change_groupwelcome": WRITERS,
    "broadcasts.delete_groupwelcome": WRITERS,
    "groups.add_joinway": WRITERS,
    "groups.change_joinway": WRITERS,
    "groups.delete_joinway": WRITERS,
    "groups.add_grouptag": WRITERS,
    "groups.change_grouptag": WRITERS,
    "groups.add_grouptagmark": WRITERS,
    "groups.add_groupsegment": WRITERS,
    "groups.change_groupsegment": WRITERS,
    "groups.change_nicknamerule": WRITERS,
    "groups.add_grouphandover": WRITERS,
    "groups.change_figureday": WRITERS,
    "contacts.view_contactnote": ALL,
    "contacts.view_stafftask": ALL,
    "contacts.add_contactnote": ALL - {"analyst"},
    "contacts.change_stafftask": ALL - {"analyst"},
    "contacts.add_stafftask": {"admin", "operator", "lead"},
    "contacts.view_profilefield": EVERYBODY_BUT_STAFF,
    "contacts.add_profilefield": WRITERS,
    "contacts.change_profilefield": WRITERS,
    "contacts.view_tag": EVERYBODY_BUT_STAFF,
    "contacts.view_taggroup": EVERYBODY_BUT_STAFF,
    "contacts.view_tagjob": EVERYBODY_BUT_STAFF,
    "contacts.view_segment": EVERYBODY_BUT_STAFF,
    "contacts.view_follow": EVERYBODY_BUT_STAFF,
    "contacts.view_lifecycletransition": EVERYBODY_BUT_STAFF,
    "contacts.view_order": EVERYBODY_BUT_STAFF,
    "contacts.view_product": EVERYBODY_BUT_STAFF,
    "contacts.view_staff": EVERYBODY_BUT_STAFF,
    "contacts.view_handover": EVERYBODY_BUT_STAFF,
    "contacts.view_preference": EVERYBODY_BUT_STAFF,
    "contacts.view_topic": EVERYBODY_BUT_STAFF,
    "contacts.view_department": EVERYBODY_BUT_STAFF,
    "broadcasts.view_broadcast": EVERYBODY_BUT_STAFF,
    "broadcasts.view_broadcastplan": EVERYBODY_BUT_STAFF,
    "broadcasts.approve_broadcast": WRITERS,
    "broadcasts.add_broadcastplan": WRITERS,
    "broadcasts.change_broadcastplan": WRITERS,
    "broadcasts.view_policysettings": EVERYBODY_BUT_STAFF,
    "broadcasts.view_welcome": EVERYBODY_BUT_STAFF,
    "broadcasts.view_journey": EVERYBODY_BUT_STAFF,
    "broadcasts.view_complaint": EVERYBODY_BUT_STAFF,
    "broadcasts.add_complaint": {"admin", "operator", "lead"},
    "broadcasts.view_stopswitch": EVERYBODY_BUT_STAFF,
    "broadcasts.add_stopswitch": WRITERS,
    "broadcasts.view_webhookendpoint": WRITERS,
    "broadcasts.add_webhookendpoint": WRITERS,
    "broadcasts.change_webhookendpoint": WRITERS,
    "broadcasts.use_webhook_api": ADMIN_ONLY,
    "broadcasts.view_material": EVERYBODY_BUT_STAFF,
    "broadcasts.view_trackedlink": EVERYBODY_BUT_STAFF,
    "broadcasts.view_contentsettings": EVERYBODY_BUT_STAFF,
    "broadcasts.view_welcomedelivery": EVERYBODY_BUT_STAFF,
    "analytics.view_contactmetrics": EVERYBODY_BUT_STAFF,
    "analytics.change_valuesettings": WRITERS,
    "analytics.view_reportplan": EVERYBODY_BUT_STAFF,
    "analytics.add_reportplan": {"admin", "operator", "lead"},
    "analytics.change_reportplan": {"admin", "operator", "lead"},
    "console.view_sharelink": EVERYBODY_BUT_STAFF,
    "console.add_sharelink": EVERYBODY_BUT_STAFF,
    "console.change_sharelink": EVERYBODY_BUT_STAFF,
    "analytics.view_churnalert": ALL,
    "analytics.change_churnalert": ALL - {"analyst"},
    "analytics.change_churnalertsettings": WRITERS,
    "analytics.view_churnalerttest": EVERYBODY_BUT_STAFF,
    "analytics.add_churnalerttest": WRITERS,
    "contacts.change_contact": {"admin", "operator", "lead"},
    "broadcasts.add_broadcast": {"admin", "operator", "lead"},
    "broadcasts.change_broadcast": {"admin", "operator", "lead"},
    "contacts.export_contact": WRITERS,
    "contacts.add_order": WRITERS,
    "contacts.view_ordersource": WRITERS,
    "contacts.add_ordersource": WRITERS,
    "contacts.change_ordersource": WRITERS,
    "contacts.add_handover": WRITERS,
    "contacts.change_preference": WRITERS,
    "contacts.add_topic": WRITERS,
    "contacts.change_topic": WRITERS,
    "contacts.add_blockedimport": WRITERS,
    "contacts.add_segment": WRITERS,
    "contacts.add_tag": WRITERS,
    "contacts.change_tag": WRITERS,
    "contacts.delete_tag": WRITERS,
    "contacts.add_taggroup": WRITERS,
    "contacts.change_taggroup": WRITERS,
    "contacts.delete_taggroup": WRITERS,
    "contacts.change_segment": WRITERS,
    "contacts.change_product": WRITERS,
    "contacts.change_lifecyclesettings": WRITERS,
    "contacts.change_lossalertsettings": WRITERS,
    "broadcasts.change_policysettings": WRITERS,
    "broadcasts.add_welcome": WRITERS,
    "broadcasts.add_journey": WRITERS,
    "broadcasts.change_journey": WRITERS,
    "broadcasts.add_material": WRITERS,
    "broadcasts.change_material": WRITERS,
    "broadcasts.delete_material": WRITERS,
    "broadcasts.add_trackedlink": WRITERS,
    "broadcasts.change_contentsettings": WRITERS,
    "broadcasts.change_welcome": WRITERS,
    "broadcasts.delete_welcome": WRITERS,
    "wecom.view_syncrun": WRITERS,
    "wecom.view_callbackevent": WRITERS,
    "wecom.run_sync": WRITERS,
    "audit.view_auditentry": WRITERS,
    "wecom.change_callbackevent": ADMIN_ONLY,
    "wecom.run_doctor": ADMIN_ONLY,
    "contacts.see_full_phone": ADMIN_ONLY,
    "console.view_apitoken": ADMIN_ONLY,
    "console.add_apitoken": ADMIN_ONLY,
    "console.delete_apitoken": ADMIN_ONLY,
}

pytestmark = pytest.mark.django_db


@pytest.fixture
def there(db, lasting_world):
    return lasting_world


def ask(client, method, path, **options):
    """The answer, with whatever it changed undone."""
    with transaction.atomic():
        answer = getattr(client, method)(path, **options)
        if answer.streaming:
            b"".join(answer.streaming_content)
        transaction.set_rollback(True)
    return answer


def logged_in(operator, **options):
    client = Client(**options)
    client.force_login(operator)
    return client


def leads_to_log_in(answer):
    return answer.status_code == 302 and "/admin/login/" in answer.headers["Location"]


def named(addresses):
    return pytest.mark.parametrize("address", addresses, ids=lambda a: f"{a.name}|{a.route}")


def test_no_address_is_forgotten():
    """A new part of the URLconf has to be put into one of the tables above."""
    known = {a.route for a in (*CONSOLE, *ADMIN, *API)}
    assert {a.name for a in ADDRESSES if a.route not in known} <= set(OPEN)
    assert {a.name for a in CONSOLE} - FOR_ALL == set(PAGES)
    for address in API:
        assert any(name == address.name for name, _method in API_NEEDS), address.name


@pytest.mark.parametrize("page", PAGES.values(), ids=lambda page: page.name)
def test_every_page_names_its_permission_twice_and_alike(page):
    """Once for the menu, once for the view: a page without one would be open to every role."""
    assert page.permission
    assert page.permission == page.view.view_class.permission
    assert page.permission in ROLES_WITH


@named([a for a in ADDRESSES if a.name not in OPEN])
def test_strangers_are_sent_to_the_log_in(address, there, client):
    for method in ("get", "post", "put", "delete"):
        answer = ask(client, method, address.path(there))
        assert leads_to_log_in(answer) or answer.status_code in {401, 403, 405}, method


@named(CONSOLE)
def test_a_page_opens_for_its_roles_alone(address, there):
    needed = PAGES[address.name].permission if address.name in PAGES else ""
    methods = _methods(address.view.view_class)
    for role, operator in there.operators.items():
        client, path = logged_in(operator), address.path(there)
        for method in ("get", "post", "put", "delete"):
            code = ask(client, method, path).status_code
            saving = SAVING_NEEDS.get(address.name, needed) if method == "post" else needed
            if needed and role not in ROLES_WITH[saving]:
                assert code == 403, (role, method)
            elif method not in methods:
                assert code == 405, (role, method)
            else:
                # A lead sees no broadcast of others: 404 lets nobody in.
                is_gone = not operator.sees_everything or address.name in (
                    WITHOUT_PICTURE | OWN_ALONE
                )
                gone = {404} if is_gone else set()
                assert code in {200, 302, 400, 422} | gone, (role, method)


@named(ADMIN)
def test_the_admin_opens_for_its_roles_alone(address, there):
    for role, operator in there.operators.items():
        code = ask(logged_in(operator), "get", address.path(there)).status_code
        kind = address.name.rpartition("_")[2]
        model = address.name.removeprefix("admin:").rpartition("_")[0].replace("_", ".", 1)
        if kind in ADMIN_VERBS and "." in model:
            app, _dot, name = model.partition(".")
            needed = f"{app}.{ADMIN_VERBS[kind]}_{name}"
            assert (code != 403) <= (role in ROLES_WITH.get(needed, ADMIN_ONLY)), role
        assert code in {200, 302, 403, 404, 405}


@named(API)
def test_the_api_answers_its_roles_alone(address, there):
    for role, operator in there.operators.items():
        token = Token.objects.get_or_create(user=operator)[0]
        client = Client(headers={"authorization": f"Token {token.key}"})
        for method in ("get", "post", "put", "patch", "delete"):
            needed = API_NEEDS.get((address.name, method))
            answer = ask(
                client, method, address.path(there), data={}, content_type="application/json"
            )
            code = answer.status_code
            if needed is None:
                assert code in {403, 405}, (role, method)
            elif needed and role not in ROLES_WITH[needed]:
                assert code == 403, (role, method)
            else:
                gone = {404} if not operator.sees_everything else set()
                assert code in {200, 201, 204, 400, 409} | gone, (role, method, answer.content)


def test_a_token_stays_inside_its_scope_at_every_address(there):
    """Outside its areas a token does nothing, and one that reads only changes nothing."""
    owner = there.operators["admin"]
    scope = TokenScope(token=Token.objects.create(user=owner), areas=["contacts"])
    client = Client(headers={"authorization": f"Token {scope.token.key}"})
    for address in API:
        own = address.view.cls.__dict__.get("api_area", "")
        if not own:
            continue
        for area, reads_only in ((own, True), (_another(own), False)):
            scope.areas, scope.is_read_only = [area], reads_only
            scope.save()
            for method in ("get", "post", "patch", "put", "delete"):
                needed = API_NEEDS.get((address.name, method))
                if needed is None:
                    continue
                given = {"data": {}, "content_type": "application/json"}
                code = ask(client, method, address.path(there), **given).status_code
                reads = method == "get" or (address.name, method) in QUESTIONS
                may = area == own and (reads or not reads_only)
                assert (code == 403) != may, (address.name, method, area, code)


# Asked by POST, because what is asked does not fit into an address.
QUESTIONS = {
    ("segments-count", "post"),
    ("segments-recount", "post"),
    ("group-segments-count", "post"),
}


def _another(area):
    return next(other for other in ApiArea.values if other != area)


@named([a for a in ADDRESSES if a.name != "wecom-callback"])
def test_nothing_is_written_without_the_csrf_token(address, there):
    client = logged_in(there.operators["admin"], enforce_csrf_checks=True)
    answer = ask(client, "post", address.path(there))
    assert answer.status_code in {403, 405}


def test_roles_may_do_what_the_table_says(there):
    for permission, roles in ROLES_WITH.items():
        allowed = {role for role, who in there.operators.items() if who.has_perm(permission)}
        assert allowed == roles, permission


def _methods(view):
    return {name for name in view.http_method_names if hasattr(view, name)} & {
        "get",
        "post",
        "put",
        "delete",
    }
