"""What must be right before strangers can reach this server. Mild in a simulated world."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlsplit

import requests
from django.conf import settings
from django.urls import reverse
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from scrm.wecom.doctor.findings import Group, Verdict, Words, fail, ok, unknown, warn
from scrm.wecom.doctor.registry import Check

DOCS = "docs/operations.md#behind-a-proxy"
REACH_SECONDS = (3, 5)

_SHORT_KEY = 40
_REDIRECTS = frozenset({301, 302, 307, 308})


def _bad(seen: Words, *mend: Words) -> Verdict:
    return warn(seen, *mend) if settings.WECOM_SIMULATED else fail(seen, *mend)


def debug(_now: datetime) -> Verdict:
    if settings.DEBUG:
        return _bad(
            _("SCRM_DEBUG is on: error pages show what they know to everybody"),
            _("Remove SCRM_DEBUG and restart."),
        )
    return ok()


def secret_key(_now: datetime) -> Verdict:
    key = settings.SECRET_KEY
    if len(key) < _SHORT_KEY or len(set(key)) < 5 or key.startswith("django-insecure"):
        return _bad(
            _("SCRM_SECRET_KEY is easy to guess"),
            _("Remove it, so that a random one is made, or set 50 random characters; restart."),
        )
    return ok(format_lazy(_("{number} characters"), number=len(key)))


def allowed_hosts(_now: datetime) -> Verdict:
    if "*" in settings.ALLOWED_HOSTS:
        return _bad(
            _("SCRM_ALLOWED_HOSTS lets every name in"),
            _("Name the domains by which the console is opened, with commas between."),
        )
    host = urlsplit(settings.PUBLIC_URL).hostname
    if host and not any(_covers(allowed, host) for allowed in settings.ALLOWED_HOSTS):
        return fail(
            format_lazy(_("{host} is not in SCRM_ALLOWED_HOSTS"), host=host),
            _("Name the domains by which the console is opened, with commas between."),
        )
    return ok(", ".join(settings.ALLOWED_HOSTS))


def _covers(allowed: str, host: str) -> bool:
    return host == allowed or (allowed.startswith(".") and host.endswith(allowed))


def https(_now: datetime) -> Verdict:
    if not settings.PUBLIC_URL:
        return unknown(_("Set SCRM_PUBLIC_URL to check it."))
    if not settings.PUBLIC_URL.startswith("https://"):
        return _bad(
            _("SCRM_PUBLIC_URL is not https: passwords travel in clear"),
            _("Put a proxy with a certificate in front and write https:// here."),
        )
    if not settings.SESSION_COOKIE_SECURE:
        return warn(
            _("SCRM_HTTPS is off: cookies would also travel in clear"),
            _("Set SCRM_HTTPS=1, let the proxy send X-Forwarded-Proto: https, restart."),
        )
    return ok()


def console_address(_now: datetime) -> Verdict:
    """Open our own log-in page from outside: a proxy that does not say it spoke https leads a
    browser in circles.
    """
    if not settings.PUBLIC_URL:
        return unknown(_("Set SCRM_PUBLIC_URL to check it."))
    address = settings.PUBLIC_URL + reverse("admin:login")
    try:
        answer = requests.get(address, timeout=REACH_SECONDS, allow_redirects=False)
    except (requests.RequestException, ValueError) as error:
        return unknown(
            format_lazy("{address}: {error}", address=address, error=type(error).__name__),
            _("Fine when the proxy lets only the callback through."),
        )
    return _judged(answer, address)


def _judged(answer: requests.Response, address: str) -> Verdict:
    seen = f"{address}: HTTP {answer.status_code}"
    if answer.status_code in _REDIRECTS and answer.headers.get("Location") == address:
        return fail(
            format_lazy(_("{address} leads to itself for ever"), address=address),
            _("Let the proxy set the header X-Forwarded-Proto to https."),
            "nginx: proxy_set_header X-Forwarded-Proto $scheme;",
        )
    if answer.status_code == requests.codes.bad_request:
        return fail(seen, _("Let the proxy pass the Host header, and see SCRM_ALLOWED_HOSTS."))
    if answer.status_code != requests.codes.ok:
        return unknown(seen, _("Fine when the proxy lets only the callback through."))
    return ok(seen)


def _check(name: str, title: Words, look: Callable[[datetime], Verdict]) -> Check:
    return Check(name, Group.SECURITY, title, look, docs=DOCS)


CHECKS = (
    _check("debug", _("Debug mode"), debug),
    _check("secret_key", _("Secret key"), secret_key),
    _check("allowed_hosts", _("Allowed host names"), allowed_hosts),
    _check("https", _("HTTPS"), https),
    _check("console_address", _("Console through the proxy"), console_address),
)
