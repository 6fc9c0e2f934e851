"""Share links of data pages (分享链接): made, found again, revoked."""

from __future__ import annotations

import secrets
from datetime import datetime
from hashlib import sha256

from django.db import transaction
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _

from scrm.audit.services import record_act
from scrm.console.models import Operator, Role, ShareLink
from scrm.console.shared_state import MOST_CHARS, lasting, page_at
from scrm.errors import InvalidInput, ScrmError

# No letters that are taken for each other when somebody reads one aloud.
_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"
_CODE_CHARS = 10


class AlreadyRevoked(ScrmError):
    code = "already_revoked"


def share(*, path: str, query: str, title: str, operator: Operator, now: datetime) -> ShareLink:
    """The operator's link of this state of a page, made if there is none yet.

    Raises InvalidInput (path, query) for what is no data page that she may see.
    """
    page = page_at(path)
    if page is None or not operator.has_perm(page.permission):
        raise InvalidInput(_("This page cannot be shared."), field="path")
    state = lasting(QueryDict(query.replace("\0", "")))
    if len(state) > MOST_CHARS:
        raise InvalidInput(_("Too many filters for a link."), field="query")
    digest = sha256(f"{path}?{state}".encode()).hexdigest()
    with transaction.atomic():
        link, is_new = ShareLink.objects.get_or_create(
            created_by=operator,
            digest=digest,
            revoked_at=None,
            defaults={
                "code": "".join(secrets.choice(_LETTERS) for _each in range(_CODE_CHARS)),
                "path": path,
                "query": state,
                "title": title.strip()[:128] or str(page.label) or page.name,
                "permission": page.permission,
                "created_at": now,
            },
        )
        if is_new:
            details = {"page": path}
            record_act(
                action="share_link.create",
                operator=operator,
                now=now,
                subject=link,
                details=details,
            )
    return link


def revoke(*, link: ShareLink, operator: Operator, now: datetime) -> None:
    """It opens nothing any more, for nobody. Raises AlreadyRevoked."""
    with transaction.atomic():
        if not ShareLink.objects.filter(pk=link.pk, revoked_at=None).update(revoked_at=now):
            raise AlreadyRevoked(_("The link was revoked before."))
        record_act(action="share_link.revoke", operator=operator, now=now, subject=link)


def visible_links(operator: Operator) -> QuerySet[ShareLink]:
    """Her own; administrators see everybody's."""
    rows = ShareLink.objects.select_related("created_by")
    return rows if operator.role == Role.ADMIN else rows.filter(created_by=operator)
