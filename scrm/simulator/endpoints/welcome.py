"""Welcome messages (欢迎语): twenty seconds, once."""

from __future__ import annotations

from scrm.simulator.ask import Ask
from scrm.simulator.corp import Corp
from scrm.simulator.endpoints.attachments import checked_message
from scrm.simulator.endpoints.registry import Answer, post
from scrm.simulator.errors import ApiError


@post("externalcontact/send_welcome_msg")
def send_welcome_msg(corp: Corp, ask: Ask) -> Answer:
    """Deliver the welcome the code was issued for; 41050 too late, 41051 already talking
    or welcomed, 41096 while another app is at it.
    """
    if not ask.has("welcome_code"):
        raise ApiError(41049)
    welcome = corp.welcomes.get(ask.text("welcome_code"))
    if welcome is None:
        raise ApiError(41050)
    follow = corp.active_follow(welcome.userid, welcome.external_userid)
    steady = corp.clock.steady()
    if steady < welcome.rival_until:
        raise ApiError(41096)
    if welcome.rival_wins or welcome.sent_at or (follow and follow.talked_at >= welcome.issued_at):
        raise ApiError(41051)
    age = steady - welcome.issued_steady
    if follow is None or age > corp.settings.welcome_seconds:
        raise ApiError(41050)
    text, attachments = checked_message(corp, ask)
    corp.record(
        "welcome_sent",
        code=welcome.code,
        at=corp.clock.timestamp(),
        text=text,
        attachments=attachments,
    )
    return {}
