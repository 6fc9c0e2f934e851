"""From one kind of id to another (ID转换).

The provider's app (服务商应用) that some of these ids belong to is pretended as well: its ids are
those of the corp with the part after the two letters backwards.
"""

from __future__ import annotations

from scrm.simulator.ask import Ask
from scrm.simulator.corp import Corp
from scrm.simulator.endpoints.customers import contact_of
from scrm.simulator.endpoints.registry import Answer, post
from scrm.simulator.errors import ApiError
from scrm.simulator.people import LEFT

_MOST_STAFF = 1000
_WECHAT = 1
_OPEN = "wo"


@post("externalcontact/convert_to_openid")
def convert_to_openid(corp: Corp, ask: Ask) -> Answer:
    """Of people in WeChat; people of other corps have none (41056)."""
    person = contact_of(corp, ask.text("external_userid"))
    if person.kind != _WECHAT:
        raise ApiError(41056)
    return {"openid": corp.openid_of(person.external_userid)}


@post("externalcontact/unionid_to_external_userid")
def unionid_to_external_userid(corp: Corp, ask: Ask) -> Answer:
    """Both ids must be of the same customer."""
    unionid, openid = ask.text("unionid"), ask.text("openid")
    for person in corp.contacts.values():
        if person.unionid == unionid and corp.followers_of(person.external_userid):
            if corp.openid_of(person.external_userid) != openid:
                break
            return {"external_userid": person.external_userid}
    raise ApiError(610014)


@post("externalcontact/from_service_external_userid")
def from_service_external_userid(corp: Corp, ask: Ask) -> Answer:
    _check_agent(ask)
    service_id = ask.text("external_userid")
    return {"external_userid": contact_of(corp, turned(service_id)).external_userid}


@post("batch/openuserid_to_userid")
def openuserid_to_userid(corp: Corp, ask: Ask) -> Answer:
    _check_agent(ask)
    asked = ask.texts("open_userid_list", most=_MOST_STAFF, code=40032)
    if not asked:
        raise ApiError(40058, "missing open_userid_list")
    found, unknown = [], []
    for open_userid in dict.fromkeys(asked):
        staff = corp.staff.get(turned(open_userid)[len(_OPEN) :].lower())
        if not open_userid.startswith(_OPEN) or staff is None or staff.status == LEFT:
            unknown.append(open_userid)
        else:
            found.append({"open_userid": open_userid, "userid": staff.userid})
    return {"userid_list": found, "invalid_open_userid_list": unknown}


def open_userid(userid: str) -> str:
    """What the provider's app calls this staff member."""
    return turned(f"{_OPEN}{userid}")


def turned(value: str) -> str:
    """An id of the corp as one of the provider's app, and back."""
    return value[:2] + value[:1:-1]


def _check_agent(ask: Ask) -> None:
    if ask.number("source_agentid") <= 0:
        raise ApiError(40056)
