"""Handing customers over (分配在职成员的客户, 分配离职成员的客户)."""

from __future__ import annotations

from scrm.simulator import cursors
from scrm.simulator.ask import Ask
from scrm.simulator.corp import Corp
from scrm.simulator.endpoints.customers import staff_of
from scrm.simulator.endpoints.registry import Answer, post
from scrm.simulator.errors import ApiError
from scrm.simulator.handover import DELAY, RESIGNED_DAYS
from scrm.simulator.messages import DAY
from scrm.simulator.people import LEFT
from scrm.simulator.records import Staff
from scrm.simulator.tables import DONE, FULL, REFUSED, WAITING, Transfer

MOST_AT_ONCE, MESSAGE_CHARS = 100, 200
WINDOW_DAYS, MOST_IN_WINDOW = 90, 2
_PAGE = 1000


@post("externalcontact/transfer_customer")
def transfer_customer(corp: Corp, ask: Ask) -> Answer:
    """On the job; each customer has a code of its own inside an answer that is ok."""
    handover = staff_of(corp, ask.text("handover_userid"))
    ask.text("transfer_success_msg", "", most_chars=MESSAGE_CHARS)
    return _transfer(corp, ask, handover, is_resigned=False)


@post("externalcontact/resigned/transfer_customer")
def resigned_transfer_customer(corp: Corp, ask: Ask) -> Answer:
    """Of somebody who left within a year; 40097 for one who is still here."""
    return _transfer(corp, ask, resigned_of(corp, ask.text("handover_userid")), is_resigned=True)


@post("externalcontact/transfer_result")
def transfer_result(corp: Corp, ask: Ask) -> Answer:
    return _results(corp, ask, is_resigned=False)


@post("externalcontact/resigned/transfer_result")
def resigned_transfer_result(corp: Corp, ask: Ask) -> Answer:
    return _results(corp, ask, is_resigned=True)


@post("externalcontact/get_unassigned_list")
def get_unassigned_list(corp: Corp, ask: Ask) -> Answer:
    size = ask.number("page_size", _PAGE)
    rows = sorted(
        (f for f in corp.unassigned() if corp.is_visible(corp.staff_named(f.userid))),
        key=lambda follow: follow.seq,
    )
    chosen, cursor = cursors.page_after(
        rows,
        ask.text("cursor", ""),
        size if 1 <= size <= _PAGE else _PAGE,
        key=lambda follow: follow.seq,
    )
    return {
        "info": [
            {
                "handover_userid": follow.userid,
                "external_userid": follow.external_userid,
                "dimission_time": corp.staff[follow.userid.lower()].left_at,
            }
            for follow in chosen
        ],
        "is_last": not cursor,
        "next_cursor": cursor,
    }


def resigned_of(corp: Corp, userid: str) -> Staff:
    """Somebody who left within a year; 40003 unknown or longer gone, 40097 still here."""
    staff = corp.staff.get(userid.lower())
    if staff is None:
        raise ApiError(40003)
    if not corp.is_visible(staff):
        raise ApiError(60011)
    if staff.status != LEFT:
        raise ApiError(40097)
    if staff.left_at < corp.clock.timestamp() - RESIGNED_DAYS * DAY:
        raise ApiError(40003)
    return staff


def receiver_of(corp: Corp, userid: str) -> Staff:
    """Somebody who may take over; 40003, 40098 or 84074."""
    staff = staff_of(corp, userid)
    if staff.status != 1:
        raise ApiError(40098)
    if not staff.follows:
        raise ApiError(84074)
    return staff


def _transfer(corp: Corp, ask: Ask, handover: Staff, *, is_resigned: bool) -> Answer:
    takeover = receiver_of(corp, ask.text("takeover_userid"))
    wanted = list(dict.fromkeys(ask.texts("external_userid", most=MOST_AT_ONCE)))
    if not wanted:
        raise ApiError(40058, "missing external_userid")
    if takeover is handover:
        raise ApiError(40130)
    now = corp.clock.timestamp()
    answers = []
    for external_userid in wanted:
        code = _refusal(corp, handover, takeover, external_userid, is_resigned=is_resigned)
        if not code:
            transfer = Transfer(
                corp.new_id("transfer"),
                handover.userid,
                takeover.userid,
                external_userid,
                now,
                now + DELAY,
                is_resigned,
            )
            corp.keep("transfers", transfer)
        answers.append({"external_userid": external_userid, "errcode": code})
    return {"customer": answers}


def _refusal(
    corp: Corp, handover: Staff, takeover: Staff, external_userid: str, *, is_resigned: bool
) -> int:
    """Why this customer cannot be handed over, 0 when nothing is in the way."""
    if not corp.active_follow(handover.userid, external_userid):
        return 40096
    past = [
        transfer
        for transfer in corp.transfers.values()
        if transfer.external_userid == external_userid
    ]
    if any(transfer.status == WAITING for transfer in past):
        return 40100
    if corp.customer_count(takeover.userid) >= corp.settings.customers_per_staff:
        return 40099
    floor = corp.clock.timestamp() - WINDOW_DAYS * DAY
    recent = sum(
        transfer.status == DONE and not transfer.is_resigned and transfer.at > floor
        for transfer in past
    )
    return 40128 if recent >= MOST_IN_WINDOW and not is_resigned else 0


def _results(corp: Corp, ask: Ask, *, is_resigned: bool) -> Answer:
    pair = (ask.text("handover_userid").lower(), ask.text("takeover_userid").lower())
    if any(userid not in corp.staff for userid in pair):
        raise ApiError(40003)
    latest = {
        transfer.external_userid: (place, transfer)
        for place, transfer in enumerate(corp.transfers.values(), 1)
        if (transfer.handover.lower(), transfer.takeover.lower()) == pair
        and transfer.is_resigned is is_resigned
    }
    rows = sorted(latest.values(), key=lambda row: row[0])
    chosen, cursor = cursors.page_after(rows, ask.text("cursor", ""), _PAGE, key=lambda row: row[0])
    return {
        "customer": [
            {
                "external_userid": transfer.external_userid,
                "status": transfer.status,
                "takeover_time": 0 if transfer.status in (REFUSED, FULL) else transfer.due_at,
            }
            for _place, transfer in chosen
        ],
        "next_cursor": cursor,
    }
