"""Do WeCom's events come in (回调)? By asking ourselves, and by what has come."""

from __future__ import annotations

import re
import secrets
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

import requests
from django.conf import settings
from django.db.models import Max
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from scrm.wecom.callback.counts import Count, recent
from scrm.wecom.callback.crypto import Cipher
from scrm.wecom.doctor.checks.security import REACH_SECONDS
from scrm.wecom.doctor.findings import Group, Verdict, Words, fail, ok, unknown, warn
from scrm.wecom.doctor.registry import Check
from scrm.wecom.models import CallbackEvent

CALLBACK_PATH = "/wecom/callback/"
DOCS = "docs/wecom.md#step-5-let-callbacks-in"
MENU = "应用管理 › 自建 › 接收消息 › 设置API接收"

_QUIET = timedelta(days=3)
_RECENT = timedelta(days=30)
_WELCOMES_FROM = timedelta(days=7)
_ADDS_LOOKED_AT = 500
_ADDS_ENOUGH = 3
_KEYS = ("setting:WECOM_CORP_ID", "setting:WECOM_CALLBACK_TOKEN", "setting:WECOM_ENCODING_AES_KEY")
_STAFF = re.compile(r"<UserID>(?:<!\[CDATA\[)?([^<\]]*)")
_CUSTOMER_EVENTS = frozenset({"change_external_contact", "change_external_chat"})


def keys(now: datetime) -> Verdict:
    """What we encrypt we can open; whether WeCom has the same keys only its calls tell."""
    cipher, expected, query = _echo(now)
    opened = cipher.verify_echo(
        query["echostr"],
        signature=query["msg_signature"],
        nonce=query["nonce"],
        timestamp=query["timestamp"],
    )
    return ok() if opened == expected else fail(_("A message changed on the way there and back"))


def address(now: datetime) -> Verdict:
    """Ask ourselves from outside, as WeCom does when the address is saved."""
    if not settings.PUBLIC_URL:
        return unknown(_("Set SCRM_PUBLIC_URL to check it."))
    url = settings.PUBLIC_URL + CALLBACK_PATH
    _cipher, expected, query = _echo(now)
    mend = (
        _("WeCom must reach this address from the internet: check DNS, firewall and certificate."),
        _("The proxy must pass /wecom/callback/ with its query, and without asking to log in."),
        _("Check that SCRM_PUBLIC_URL is right, then run this check again."),
    )
    try:
        answer = requests.get(url, query, timeout=REACH_SECONDS, allow_redirects=False)
    except (requests.RequestException, ValueError) as error:
        return fail(f"{url}: {type(error).__name__}", *mend, copy=url)
    if answer.text != expected:
        return fail(f"{url}: HTTP {answer.status_code}", *mend, copy=url)
    return ok(url)


def received(now: datetime) -> Verdict:
    last = CallbackEvent.objects.aggregate(last=Max("received_at"))["last"]
    if last is None:
        return warn(
            _("WeCom has not called yet"),
            _("Save the callback address in your app: 接收消息 › 设置API接收."),
            _("Then add a customer, or change a remark in WeCom, and run this check again."),
        )
    number = CallbackEvent.objects.filter(received_at__gte=now - timedelta(days=1)).count()
    seen = format_lazy(
        _("{number} in 24 hours, the last one at {last}"),
        number=number,
        last=f"{timezone.localtime(last):%Y-%m-%d %H:%M}",
    )
    if now - last > _QUIET:
        return warn(seen, _("A quiet corp, or a lost address: open 设置API接收 and save it again."))
    return ok(seen)


def customer_events(now: datetime) -> Verdict:
    """外部联系人变更回调 cannot be read; what comes tells whether it is ticked."""
    kinds = set(
        CallbackEvent.objects.filter(received_at__gte=now - _RECENT)
        .order_by()
        .values_list("event", flat=True)
        .distinct()
    )
    if not kinds:
        return unknown(_("No callback in 30 days, so nothing tells."))
    if not kinds & _CUSTOMER_EVENTS:
        return warn(
            _("Callbacks come, but none about customers"),
            _("Open 设置API接收 of your app and tick 外部联系人变更回调."),
            _("The app must stand under 可调用接口的应用, and the staff in its visible range."),
        )
    return ok(", ".join(sorted(kinds)))


def forged(now: datetime) -> Verdict:
    number = recent(now=now, days=1)[Count.FORGED]
    if not number:
        return ok(_("none today"))
    return warn(
        format_lazy(_("{number} refused today for a wrong signature"), number=number),
        _("Compare Token and EncodingAESKey in 设置API接收 with the settings, letter by letter."),
        _("Restart after a change. A stranger who tries his luck looks the same, and is harmless."),
    )


def event_clock(now: datetime) -> Verdict:
    number = recent(now=now, days=1)[Count.SKEWED]
    if not number:
        return ok(_("none today"))
    return warn(
        format_lazy(
            _("{number} signed today more than ten minutes away from this clock"), number=number
        ),
        _("Set this server's clock: switch on NTP."),
    )


def native_welcome(now: datetime) -> Verdict:
    """WeCom issues no code to apps for staff with a welcome set in its own admin pages."""
    adds = CallbackEvent.objects.filter(
        event="change_external_contact",
        change_type="add_external_contact",
        received_at__gte=now - _WELCOMES_FROM,
    ).order_by("-received_at")
    bodies = adds.values_list("body", flat=True)[:_ADDS_LOOKED_AT]
    total, coded = Counter[str](), Counter[str]()
    for body in bodies:
        found = _STAFF.search(body)
        userid = found[1] if found else ""
        total[userid] += 1
        coded[userid] += "<WelcomeCode>" in body
    without = sorted(u for u, number in total.items() if number >= _ADDS_ENOUGH and not coded[u])
    if without:
        names = ", ".join(without[:5]) + (" …" if len(without) > 5 else "")
        return warn(
            format_lazy(_("New customers of {staff} come without a welcome code"), staff=names),
            _(
                "Delete their welcome in 客户联系 › 加客户 › 欢迎语: WeCom then hands it to this app."
            ),
            _("Another app that answers first also takes the code."),
        )
    if not total:
        return unknown(_("No new customer in seven days, so nothing tells."))
    return ok(
        format_lazy(
            _("{coded} of {total} new customers with a code"),
            coded=coded.total(),
            total=total.total(),
        )
    )


def _echo(now: datetime) -> tuple[Cipher, str, dict[str, str]]:
    """A cipher with our keys, a word, and the query WeCom would send to check our address."""
    cipher = Cipher(
        settings.WECOM_CALLBACK_TOKEN, settings.WECOM_ENCODING_AES_KEY, settings.WECOM_CORP_ID
    )
    word, nonce = str(secrets.randbelow(10**18)), secrets.token_hex(8)
    stamp = str(int(now.timestamp()))
    sealed = cipher.encrypt(word, nonce=nonce, timestamp=stamp)
    query = {
        "msg_signature": sealed.signature,
        "timestamp": stamp,
        "nonce": nonce,
        "echostr": sealed.encrypt,
    }
    return cipher, word, query


def _check(
    name: str, title: Words, look: Callable[[datetime], Verdict], *needs: str, menu: str = MENU
) -> Check:
    return Check(name, Group.CALLBACKS, title, look, needs=needs, menu=menu, docs=DOCS)


CHECKS = (
    _check("callback_keys", _("Callback keys"), keys, *_KEYS),
    _check("callback_address", _("Callback address"), address, "callback_keys"),
    _check("callbacks_received", _("Callbacks received"), received, "postgres"),
    _check("customer_events", _("Events about customers"), customer_events, "postgres"),
    _check("callbacks_forged", _("Callbacks refused"), forged, "redis"),
    _check("callback_clock", _("Time of callbacks"), event_clock, "redis"),
    _check(
        "native_welcome",
        _("Welcome codes"),
        native_welcome,
        "postgres",
        menu="客户与上下游 › 客户联系 › 加客户 › 欢迎语",
    ),
)
