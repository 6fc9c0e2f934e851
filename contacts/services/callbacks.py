"""What WeCom's events (回调事件) mean for customers, tags and staff.

An event is only a reason to look: handlers ask WeCom how things are now and write that, so events
may come twice, late and in any order. Two things are taken from the event itself, because the
answer does not tell them: who ended a relation, and when.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from contacts.models import Contact, ContactEvent, Department, Follow, Staff
from contacts.services.channel_arrivals import note_arrivals
from contacts.services.facts import refresh_facts
from contacts.services.lifecycle import apply_lifecycle
from contacts.services.orders import match_waiting_orders
from contacts.services.relations import (
    derive_from_follows,
    end_by,
    end_missing,
    revive,
    store_relations,
)
from contacts.services.renames import rename_staff
from contacts.services.staff import store_departments, store_staff
from contacts.services.tags import store_missing_tags, store_tags
from scrm import wecom
from scrm.wecom.callback.envelope import CallbackMessage
from scrm.wecom.callback.notices import record_notice
from scrm.wecom.callback.registry import handler

_CONTACT, _TAG, _DIRECTORY = "change_external_contact", "change_external_tag", "change_contact"


def register_handlers() -> None:
    """Called once, when the app is ready."""
    for change in ("add_external_contact", "add_half_external_contact"):
        handler(_CONTACT, change)(contact_added)
    handler(_CONTACT, "edit_external_contact")(contact_edited)
    handler(_CONTACT, "del_external_contact")(staff_removed_contact)
    handler(_CONTACT, "del_follow_user")(contact_unfriended)
    handler(_CONTACT, "transfer_fail")(transfer_failed)
    handler(_CONTACT, "msg_audit_approved")(archive_agreed)
    handler("customer_acquisition", "customer_start_chat")(chat_started)
    for change in ("create", "update", "delete", "shuffle"):
        handler(_TAG, change)(tags_changed)
    for change in ("create_user", "update_user"):
        handler(_DIRECTORY, change)(staff_changed)
    handler(_DIRECTORY, "delete_user")(staff_left)
    for change in ("create_party", "update_party", "delete_party"):
        handler(_DIRECTORY, change)(departments_changed)


def contact_added(event: CallbackMessage, /, *, now: datetime) -> None:
    """添加客户, also the half step where only the customer has added the staff member."""
    external_userid, userid = _pair(event)
    listed = _reread(external_userid, now=now)
    if userid.lower() in listed:
        revive(external_userid=external_userid, userid=userid, since=event.created_at, now=now)
    _settle(external_userid, now=now)
    note_arrivals(external_userid=external_userid, now=now)


def contact_edited(event: CallbackMessage, /, *, now: datetime) -> None:
    """编辑客户: remark, phone or tags; the event does not say which."""
    external_userid, _userid = _pair(event)
    _reread(external_userid, now=now)
    _settle(external_userid, now=now)


def staff_removed_contact(event: CallbackMessage, /, *, now: datetime) -> None:
    """成员删除客户, by hand or by a hand-over to a colleague."""
    external_userid, userid = _pair(event)
    is_handed_over = event.fields.get("Source", "") == "DELETE_BY_TRANSFER"
    listed = _reread(external_userid, now=now)
    if userid.lower() not in listed:
        end_by(
            external_userid=external_userid,
            userid=userid,
            status=(
                Follow.Status.HANDED_OVER if is_handed_over else Follow.Status.DELETED_BY_STAFF
            ),
            at=event.created_at,
        )
    _settle(external_userid, now=now)


def contact_unfriended(event: CallbackMessage, /, *, now: datetime) -> None:
    """客户删除成员. WeCom may go on listing the pair, which then holds on one side only."""
    external_userid, userid = _pair(event)
    _reread(external_userid, now=now)
    end_by(
        external_userid=external_userid,
        userid=userid,
        status=Follow.Status.DELETED_BY_CONTACT,
        at=event.created_at,
    )
    _settle(external_userid, now=now)


def transfer_failed(event: CallbackMessage, /, *, now: datetime) -> None:
    """接替失败: the customer refused, or the colleague who was to take over has no room."""
    _record(event, ContactEvent.Kind.TRANSFER_FAILED, now=now, reason="FailReason")


def archive_agreed(event: CallbackMessage, /, *, now: datetime) -> None:
    """客户同意存档会话内容."""
    _record(event, ContactEvent.Kind.ARCHIVE_AGREED, now=now)


def chat_started(event: CallbackMessage, /, *, now: datetime) -> None:
    """获客链接的客户开口: told of the customer, and counted for the link."""
    _record(event, ContactEvent.Kind.STARTED_CHAT, now=now, link="LinkId")
    record_notice(event, now=now)


def tags_changed(_event: CallbackMessage, /, *, now: datetime) -> None:
    """企业标签变更. Read whole: a deleted group has no events for its tags, a shuffle no ids."""
    infos = wecom.get_gateway().corp_tags()
    refresh_facts(contact_ids=store_tags(infos, is_complete=True))


def staff_changed(event: CallbackMessage, /, *, now: datetime) -> None:
    """成员新增或变更. Only ids are told, so the departments are read again."""
    userid = event.fields.get("UserID", "")
    renamed = event.fields.get("NewUserID", "")
    if renamed:
        staff = rename_staff(old=userid, new=renamed)
        _refresh_customers_of([staff.pk] if staff else [])
    current = (renamed or userid).lower()
    found = [info for info in _staff_near(event, current) if info.userid.lower() == current]
    if found:
        _refresh_customers_of(store_staff(found))


def staff_left(event: CallbackMessage, /, *, now: datetime) -> None:
    """成员离职, unless a department still lists them: then the event is an old one."""
    userid = event.fields.get("UserID", "").lower()
    found = [info for info in _staff_near(event, userid) if info.userid.lower() == userid]
    if found:
        _refresh_customers_of(store_staff(found))
    else:
        Staff.objects.filter(userid__iexact=userid).update(
            status=Staff.Status.LEFT, is_following=False
        )


def departments_changed(_event: CallbackMessage, /, *, now: datetime) -> None:
    """部门变更. The whole tree is one call."""
    store_departments(wecom.get_gateway().departments())


def reread_contact(external_userid: str, *, now: datetime) -> None:
    """Take a customer over as WeCom knows her now, with all that follows from it.

    For what we changed there ourselves, which causes no event. Raises WeComError.
    """
    _reread(external_userid, now=now)
    _settle(external_userid, now=now)


def _record(event: CallbackMessage, kind: ContactEvent.Kind, *, now: datetime, **told: str) -> None:
    """Once in the timeline of a customer we know or can read; `told` names fields of the event."""
    external_userid, userid = _pair(event)
    if not Contact.objects.filter(external_userid=external_userid).exists():
        _reread(external_userid, now=now)
        _settle(external_userid, now=now)
    # Locked, so that the same event in two workers is written once.
    contact = Contact.objects.select_for_update().filter(external_userid=external_userid).first()
    if contact is None:
        return  # never a friend of any staff that we may see
    staff = Staff.objects.filter(userid__iexact=userid).first()
    details: dict[str, object] = {name: event.fields.get(field, "") for name, field in told.items()}
    details |= {"staff_id": staff.pk, "staff": staff.name} if staff else {"staff": userid}
    written = ContactEvent.objects.filter(contact=contact, kind=kind, at=event.created_at)
    if not written.exists():
        written.create(contact=contact, kind=kind, at=event.created_at, details=details)


def _pair(event: CallbackMessage) -> tuple[str, str]:
    return event.fields.get("ExternalUserID", ""), event.fields.get("UserID", "")


def _reread(external_userid: str, *, now: datetime) -> set[str]:
    """Write a customer as WeCom knows her now; answers the userids it lists, in lower case."""
    gateway = wecom.get_gateway()
    try:
        detail = gateway.contact(external_userid)
    except (wecom.NoRelation, wecom.NotFound):
        listed: set[str] = set()
    else:
        store_missing_tags({tag for follow in detail.follows for tag in follow.tag_ids})
        store_relations(
            [wecom.ContactFollow(contact=detail.contact, follow=f) for f in detail.follows],
            read_at=now,
            now=now,
        )
        listed = {follow.userid.lower() for follow in detail.follows}
    known = Contact.objects.filter(external_userid=external_userid).first()
    if known is not None:
        end_missing(contact_id=known.pk, listed_userids=sorted(listed), at=now)
    return listed


def _settle(external_userid: str, *, now: datetime) -> None:
    """What follows from a customer's relations: orders that waited, facts, stage."""
    ids = list(Contact.objects.filter(external_userid=external_userid).values_list("pk", flat=True))
    derive_from_follows(ids)
    match_waiting_orders(now=now, contact_ids=ids)
    refresh_facts(contact_ids=ids)
    apply_lifecycle(now=now, contact_ids=ids)


def _staff_near(event: CallbackMessage, userid: str) -> list[wecom.StaffInfo]:
    """The staff of the departments where somebody is, or was when we last looked."""
    told = [int(part) for part in event.fields.get("Department", "").split(",") if part.isdigit()]
    stored = Staff.objects.filter(userid__iexact=userid).values_list(
        "department_wecom_ids", flat=True
    )
    known = set(Department.objects.filter(is_gone=False).values_list("wecom_id", flat=True))
    nearby: list[int] = [*told, *(part for parts in stored for part in parts if part in known)]
    infos: list[wecom.StaffInfo] = []
    for department_id in dict.fromkeys(nearby):
        try:
            infos += wecom.get_gateway().staff(department_id)
        except (wecom.NotVisible, wecom.NotFound):
            continue
    return infos


def _refresh_customers_of(staff_ids: Sequence[int]) -> None:
    """Departments of the staff are facts of their customers."""
    refresh_facts(
        contact_ids=list(
            Follow.objects.filter(staff_id__in=staff_ids, status=Follow.Status.ACTIVE)
            .order_by("contact_id")
            .values_list("contact_id", flat=True)
            .distinct()
        )
    )
