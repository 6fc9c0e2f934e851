"""Keep filters of the customer list by name (保存的视图): own, or shared with the team."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from contacts.models import DefaultView, SavedView
from scrm.audit.services import record_act
from scrm.console.models import Operator
from scrm.errors import InvalidInput
from scrm.typed import one_line

NAME_LIMIT, QUERY_LIMIT, VIEWS_EACH = 32, 4_000, 50
MAY_SHARE = "contacts.change_contact"


def save_view(
    *, name: str, query: str, is_shared: bool, operator: Operator, now: datetime
) -> SavedView:
    """Keep a filter under a name (保存视图). Raises InvalidInput: name, sharing, too many."""
    view = SavedView(owner=operator, name=_clean(name), query=query, created_at=now)
    view.is_shared = _may_share(operator, is_shared=is_shared)
    if len(query) > QUERY_LIMIT:
        raise InvalidInput(_("This filter is too long to be kept."), field="query")
    if SavedView.objects.filter(owner=operator).count() >= VIEWS_EACH:
        raise InvalidInput(
            _("You have %(limit)d views already; delete one first.") % {"limit": VIEWS_EACH},
            field="name",
        )
    with transaction.atomic():
        _save(view)
        _record("view.save", view, operator, now)
    return view


def change_view(
    *,
    view: SavedView,
    operator: Operator,
    now: datetime,
    name: str | None = None,
    query: str | None = None,
    is_shared: bool | None = None,
) -> SavedView:
    """Rename a view, give it another filter, share it or not; None leaves as it is.

    The owner's alone: raises InvalidInput for anybody else's, and as `save_view`.
    """
    _must_own(view, operator)
    if name is not None:
        view.name = _clean(name)
    if query is not None:
        view.query = query[:QUERY_LIMIT]
    if is_shared is not None:
        view.is_shared = _may_share(operator, is_shared=is_shared)
    with transaction.atomic():
        _save(view)
        if not view.is_shared:
            DefaultView.objects.filter(view=view).exclude(operator=operator).delete()
        _record("view.change", view, operator, now)
    return view


def delete_view(*, view: SavedView, operator: Operator, now: datetime) -> None:
    """Delete a view (删除视图); whose list opened with it opens with all customers again."""
    _must_own(view, operator)
    with transaction.atomic():
        _record("view.delete", view, operator, now)
        view.delete()


def set_default_view(*, view: SavedView | None, operator: Operator) -> None:
    """Let the operator's list open with this view (设为默认), or with all customers."""
    if view is None:
        DefaultView.objects.filter(operator=operator).delete()
    else:
        DefaultView.objects.update_or_create(operator=operator, defaults={"view": view})


def _clean(name: str) -> str:
    cleaned = one_line(name)
    if not cleaned:
        raise InvalidInput(_("Give the view a name."), field="name")
    if len(cleaned) > NAME_LIMIT:
        raise InvalidInput(_("At most %(limit)d characters.") % {"limit": NAME_LIMIT}, field="name")
    return cleaned


def _may_share(operator: Operator, *, is_shared: bool) -> bool:
    if is_shared and not operator.has_perm(MAY_SHARE):
        raise InvalidInput(_("Your role may not share views."), field="is_shared")
    return is_shared


def _must_own(view: SavedView, operator: Operator) -> None:
    if view.owner_id != operator.pk:
        raise InvalidInput(_("Only who made a view may change it."), field="name")


def _save(view: SavedView) -> None:
    try:
        with transaction.atomic():
            view.save()
    except IntegrityError:
        raise InvalidInput(
            _("You have a view of this name already; choose another."), field="name"
        ) from None


def _record(action: str, view: SavedView, operator: Operator, now: datetime) -> None:
    details = {"name": view.name, "is_shared": view.is_shared}
    record_act(action=action, operator=operator, now=now, subject=view, details=details)
