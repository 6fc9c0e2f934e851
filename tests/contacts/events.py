"""Events as WeCom sends them, handed to the handlers that are registered for them."""

from __future__ import annotations

from django.db import transaction

from scrm.wecom.callback.dispatch import dispatch


def xml(event, change, at, **fields):
    body = "".join(
        f"<{name}>{_value(value)}</{name}>" for name, value in fields.items() if value is not None
    )
    return (
        "<xml><ToUserName>ww1</ToUserName><FromUserName>sys</FromUserName>"
        f"<CreateTime>{int(at.timestamp())}</CreateTime><MsgType>event</MsgType>"
        f"<Event>{event}</Event><ChangeType>{change}</ChangeType>{body}</xml>"
    )


def _value(value):
    if isinstance(value, list):
        return "".join(f"<Item>{item}</Item>" for item in value)
    return f"<![CDATA[{value}]]>"


def contact_event(change, userid, external_userid, at):
    return xml("change_external_contact", change, at, UserID=userid, ExternalUserID=external_userid)


def deliver(*bodies, now):
    """Handle these events in this order; every one must have a handler."""
    for body in bodies:
        with transaction.atomic():
            assert dispatch(body, now=now)
