"""Whatever stands in an address or a body: 400, 404 or a message, never an error of ours."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote, urlencode

import pytest
from django.core.signing import Signer
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from tests.architecture.addresses import every_address
from tests.architecture.test_access import ask, logged_in

pytestmark = pytest.mark.django_db

# The names that pages, the admin and the API read from the query, by whoever reads them.
NAMES = [
    *("after", "before", "q", "text", "contact", "segment", "state", "reason", "result", "field"),
    *("tag_id", "staff_id", "department_id", "owner_id", "operator_id", "stage", "relation"),
    *("tag_mode", "group_id", "channel", "add_way", "lost_kind", "gender", "kind", "preference"),
    *("orders_min", "orders_max", "spend_min", "spend_max", "last_order_from", "last_order_to"),
    *(
        "view",
        "added_from",
        "added_to",
        "paid_from",
        "paid_to",
        "done_from",
        "done_to",
        "received_from",
    ),
    *("received_to", "sort", "source", "match", "action", "subject", "event", "members", "cohorts"),
    *("cursor", "page_size", "name", "tag", "staff", "p", "o", "e", "all", "_popup", "_to_field"),
    *("status__exact", "role__exact", "is_active__exact", "next", "format", "lang"),
]


def _cursor(*parts):
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def _api_cursor(text):
    return base64.b64encode(text.encode()).decode()


NASTY = [
    *("", "0", "-1", "1e9", "½", "٣", "NaN", "null", "true", "\x00", "a\x00b", "'", '"', "%", "\\"),
    *("9" * 30, "9" * 5000, "-" + "9" * 30, "9999-12-31", "0001-01-01", "2026-02-30", "24:00"),
    *("🙂", "\u202e", "\ud7ff", "<script>", "1,2", "[]", "{}", "../../etc/passwd", "__class__"),
    _cursor("datetime", "2026-01-01T00:00:00", 1),
    _cursor("datetime", "2026-01-01T00:00:00+00:00", 10**30),
    _cursor("str", "x", 1),
    _cursor("str", "\x00", 1),
    _cursor("date", "2026-01-01", "1"),
    _cursor("int", "9" * 40, 1),
    _cursor("NoneType", "", 1),
    base64.urlsafe_b64encode(b"[" * 3000).decode(),
    Signer(salt="elsewhere").sign_object(["datetime", "2026-01-01", 1]),
    _api_cursor("p=abc&o=1"),
    _api_cursor("p=\x00"),
    _api_cursor("o=99999999999999999999&r=1&p=9999-99-99"),
    _api_cursor("p=2026-01-01 00:00:00"),
    _api_cursor("p=0001-01-01T00:00:00%2B23:59"),
]
VALUES = st.one_of(st.sampled_from(NASTY), st.text(max_size=30), st.integers().map(str))
QUERIES = st.dictionaries(st.sampled_from(NAMES), VALUES, min_size=1, max_size=5)
PAGES = [a for a in every_address() if a.name not in {"admin:logout", "healthz", "wecom-callback"}]
OURS = [a for a in PAGES if a.area != "admin"]

thorough = settings(
    max_examples=2,
    deadline=None,
    # A failing walk over pages takes minutes to make smaller, and its query says enough.
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.fixture
def there(db, lasting_world):
    return lasting_world


@pytest.fixture
def admin(there):
    return logged_in(there.operators["admin"])


def _starts(address, values):
    """Where to begin in the list of nasty values, so that every name meets every value.

    An address meets an eighth of these pairs, the next address the next eighth; Django's own pages
    fewer still. Most of what reads them is shared by all pages, and there are hundreds of those.
    """
    step = 16 if address.area == "admin" else 8
    return range(PAGES.index(address) % step, len(values), step)


@pytest.mark.parametrize("address", PAGES, ids=lambda a: f"{a.name}|{a.route}")
def test_no_query_breaks_a_page(address, there, admin):
    path = address.path(there)
    for start in _starts(address, NASTY):
        asked = {name: NASTY[(start + at) % len(NASTY)] for at, name in enumerate(NAMES)}
        answer = ask(admin, "get", f"{path}?{urlencode(asked, errors='replace')}")
        assert answer.status_code < 500, asked


@pytest.mark.parametrize(
    ("path", "name"),
    [
        *((path, "after") for path in ("contacts", "segments", "groups", "broadcasts", "orders")),
        *((path, "after") for path in ("sync", "callbacks", "operations", "groups/{groups}")),
        *((path, "cursor") for path in ("api/v1/contacts", "api/v1/segments")),
        *((path, "page_size") for path in ("api/v1/contacts", "api/v1/segments")),
        ("contacts/{contacts}/events", "before"),
        ("broadcasts/{broadcasts}/recipients", "after"),
        ("contacts", "text"),
        ("contacts", "added_to"),
        ("orders", "paid_to"),
        ("operations", "done_to"),
        ("callbacks", "received_to"),
        ("segments/{segments}", "contact"),
        ("segments/{segments}", "q"),
        ("broadcasts/segment-size", "segment"),
        ("broadcasts/new", "segment"),
        ("api/v1/contacts", "tag"),
        ("api/v1/contacts", "name"),
        ("api/v1/broadcasts", "segment"),
        ("admin/contacts/staff", "q"),
        ("admin/contacts/staff", "status__exact"),
        ("admin/contacts/product", "p"),
        ("admin/contacts/product", "o"),
    ],
)
def test_no_value_of_one_name_breaks_a_page(there, admin, path, name):
    path = path.format(**there.numbers)
    for value in NASTY:
        asked = urlencode({name: value}, errors="replace")
        assert ask(admin, "get", f"/{path}/?{asked}").status_code < 500, value


@pytest.mark.parametrize("address", OURS, ids=lambda a: f"{a.name}|{a.route}")
@thorough
@given(query=QUERIES)
@example(query={"after": "\x00"})
def test_no_random_query_breaks_a_page(address, there, admin, query):
    asked = urlencode(query, errors="replace")
    assert ask(admin, "get", f"{address.path(there)}?{asked}").status_code < 500


@pytest.mark.parametrize(
    "number", ["0", "9" * 19, "9" * 40, "-1", "x", "1.5", "%00", "a%00b", "٣" * 7]
)
def test_no_number_in_an_address_breaks_it(there, admin, number):
    for address in PAGES:
        if "pk>" in address.route or "<id>" in address.route or "object_id>" in address.route:
            for blank in ("<int:pk>", r"(?P<pk>[^/.]+)", "<id>", "<path:object_id>"):
                route = address.route.replace(blank, number)
                if route != address.route:
                    break
            path = "/" + route.replace("^", "").replace("$", "").replace("<str:reason>", "chosen")
            for method in ("get", "post"):
                code = ask(admin, method, path).status_code
                # The admin answers an unknown row with its list, and hidden buttons with 403; the
                # API looks at the kind of a body before it looks for the row.
                assert code in {302, 400, 403, 404, 405, 415} | (
                    {200} if "auth" in path else set()
                ), path


FORM_NAMES = [
    *("name", "description", "rule", "version", "benefit", "text", "segment", "link_title"),
    *("link_url", "touch_class", "holdout_percent", "window_start", "window_end", "ask", "kind"),
    *("quiet_from", "quiet_until", "monthly_cap", "gap_days", "quota", "nurture_days", "source"),
    *("username", "password", "language", "next", "role", "staff_userid", "action", "import"),
]
FORM_VALUES = [
    *NASTY,
    *("{", "[[[", '{"all":[]}', '{"field":"name","op":"contains","value":"\\u0000"}', "null"),
    *("2026-01-01T10:00", "9999-12-31T23:59", "0001-01-01T00:00", "12:00", "99:99", "2147483648"),
    *("[" * 20_000, "x" * 100_000),
]


@pytest.mark.parametrize("address", PAGES, ids=lambda a: f"{a.name}|{a.route}")
def test_no_form_breaks_a_page(address, there, admin):
    path = address.path(there)
    for start in _starts(address, FORM_VALUES):
        form = {
            name: FORM_VALUES[(start + at) % len(FORM_VALUES)] for at, name in enumerate(FORM_NAMES)
        }
        assert ask(admin, "post", path, data=form).status_code < 500, form


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"\x00", b"[" * 50_000, b"null", b"1"])
def test_no_body_breaks_an_address(there, admin, body):
    for address in PAGES:
        if address.route.startswith("api/v1/") or "preview" in address.route:
            answer = ask(
                admin, "post", address.path(there), data=body, content_type="application/json"
            )
            assert answer.status_code < 500, address.name


def test_an_address_with_odd_letters_is_not_found(admin):
    for word in ("\x00", "a\x00b", "🙂", "9" * 3000, "..", "%"):
        assert admin.get(f"/{quote(word)}/").status_code == 404
        assert admin.get(f"/analytics/{quote(word)}.csv").status_code == 404
