"""A visit to a tracked link (雷达链接访问): who it was, and whether it counts."""

from __future__ import annotations

import hashlib
import logging
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from broadcasts.models import TrackedLink
from broadcasts.services.links import record_click
from contacts.models import Contact
from scrm import wecom
from scrm.ratelimit import bucket
from scrm.ratelimit.limits import Limit, Window
from scrm.ratelimit.store import RedisError

log = logging.getLogger(__name__)

# What a code answers that was used before: the same visit once more, after “back” or a reload.
_USED = 42022

PER_VISITOR = Limit(
    "links.visitor",
    windows=(Window(60, 10),),
    label=_("Clicks counted of one visitor on one link"),
    each=_("visitor"),
    source=_("ours: nobody reads one page ten times a minute"),
)
PER_ADDRESS = Limit(
    "links.wrong_code",
    windows=(Window(60, 60),),
    label=_("Wrong short links"),
    each=_("network address"),
    source=_("ours: many people share an address, and few of them guess"),
)


def visit_with_code(*, link: TrackedLink, oauth_code: str, visitor: str, now: datetime) -> None:
    """Count the visit of whom WeCom names for this code; of nobody when WeCom does not say.

    Never raises for WeCom's sake: the customer is on the way to the page. Colleagues are not
    counted, and a code that was used before is the same visit again.
    """
    try:
        found = wecom.get_gateway(hurry=True).visitor(oauth_code)
    except wecom.WeComError as error:
        log.info("visitor of link %s not named: %s", link.pk, error)
        if error.code != _USED:
            visit(link=link, visitor=visitor, now=now)
        return
    if found.userid:
        return
    contact = None
    if found.external_userid:
        contact = Contact.objects.filter(external_userid=found.external_userid).first()
    visit(link=link, visitor=visitor, now=now, contact=contact)


def visit(
    *, link: TrackedLink, visitor: str, now: datetime, contact: Contact | None = None
) -> None:
    """Count a visit, unless this visitor was counted here very often just now."""
    who = str(contact.pk) if contact is not None else hashlib.sha256(visitor.encode()).hexdigest()
    if not wait(PER_VISITOR, f"{link.code}:{who[:16]}"):
        record_click(link=link, contact_id=contact.pk if contact is not None else None, now=now)


def wait(limit: Limit, subject: str) -> float:
    """Seconds until this subject may come again. Without Redis nobody is held back."""
    try:
        return bucket.take(limit, subject)
    except RedisError:
        return 0
