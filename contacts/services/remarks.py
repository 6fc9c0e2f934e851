"""What staff wrote about a customer (备注, 描述), changed here and in WeCom."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext

from contacts.models import ContactEvent, Follow
from contacts.services.relations import fingerprint
from scrm import wecom
from scrm.audit.services import record_act
from scrm.console.models import Operator
from scrm.errors import InvalidInput, ScrmError
from scrm.wecom.maxima import DESCRIPTION_CHARS, REMARK_CHARS


class RemarkRefused(ScrmError):
    """WeCom did not take it, or nobody knows; the sentence says which and what helps."""

    code = "remark_refused"


def change_remark(
    *, follow_id: int, remark: str, description: str, operator: Operator, now: datetime
) -> bool:
    """Write both to WeCom and then into our tables; False when they were so already.

    WeCom sends no event for our own calls. When it gives no readable answer, it is asked what it
    holds now. Raises InvalidInput (remark, description), RemarkRefused.
    """
    remark, description = _clean(remark), _clean(description)
    for name, value, most in (
        ("remark", remark, REMARK_CHARS),
        ("description", description, DESCRIPTION_CHARS),
    ):
        if len(value) > most:
            raise InvalidInput(gettext("At most %(most)d characters.") % {"most": most}, field=name)
    follow = Follow.objects.select_related("contact", "staff").get(pk=follow_id)
    if follow.status != Follow.Status.ACTIVE:
        raise RemarkRefused(gettext("They are not in contact any more, so there is no remark."))
    if (follow.remark, follow.description) == (remark, description):
        return False
    _change_in_wecom(follow, remark, description)
    store_remark(follow_id, remark, description, operator=operator, now=now)
    return True


def _clean(text: str) -> str:
    return text.replace("\0", "").replace("\r\n", "\n").strip()


def _change_in_wecom(follow: Follow, remark: str, description: str) -> None:
    pair = {"userid": follow.staff.userid, "external_userid": follow.contact.external_userid}
    try:
        wecom.get_gateway().remark_contact(**pair, remark=remark, description=description)
    except wecom.OutcomeUnknown as error:
        if _in_wecom(follow) != (remark, description):
            raise RemarkRefused(
                gettext("WeCom gave no readable answer and shows no change. Try again.")
            ) from error
    except wecom.WeComError as error:
        raise RemarkRefused(error.advice) from error


def _in_wecom(follow: Follow) -> tuple[str, str] | None:
    """Remark and description as WeCom has them; None when it does not list the pair."""
    try:
        detail = wecom.get_gateway().contact(follow.contact.external_userid)
    except wecom.WeComError as error:
        raise RemarkRefused(
            gettext("WeCom gave no readable answer. Whether it took the remark will be known soon.")
        ) from error
    userid = follow.staff.userid.lower()
    for told in detail.follows:
        if told.userid.lower() == userid:
            return told.remark, told.description
    return None


@transaction.atomic
def store_remark(
    follow_id: int, remark: str, description: str, *, operator: Operator | None, now: datetime
) -> None:
    """What WeCom has taken, into our table and the timeline; nobody is logged for our own acts."""
    follow = (
        Follow.objects.select_for_update(of=("self",)).select_related("staff").get(pk=follow_id)
    )
    is_new = follow.remark != remark
    follow.remark, follow.description = remark, description
    follow.content_hash = fingerprint(
        (
            follow.added_at,
            follow.add_way,
            follow.state,
            remark,
            description,
            follow.remark_mobiles,
            follow.oper_userid,
        )
    )
    follow.save(update_fields=["remark", "description", "content_hash"])
    by = {
        "staff_id": follow.staff_id,
        "staff": follow.staff.name,
        **({"operator": operator.get_username()} if operator else {}),
    }
    if is_new:
        ContactEvent.objects.create(
            contact_id=follow.contact_id,
            kind=ContactEvent.Kind.REMARKED,
            at=now,
            details={**by, "remark": remark},
        )
    if operator:
        record_act(
            action="contact.remark",
            operator=operator,
            now=now,
            subject=follow.contact,
            details={"staff": follow.staff.userid},
        )
