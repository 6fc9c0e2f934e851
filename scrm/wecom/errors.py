"""What can go wrong between us and WeCom, named by what the caller should do next.

The first question is always "did it happen?": `OutcomeUnknown` means it may have, every
`Refused` means it surely did not. The codes themselves stand in `scrm/wecom/codes.py`.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _


class WeComError(Exception):
    """A call to WeCom that did not end with errcode 0.

    `code` is WeCom's errcode (0 when there was none to read), `path` the API without query.
    `retryable`: the very same call may be repeated after `retry_after` seconds without doing
    anything twice. `advice` is a translated sentence for the operator. Never holds a token.
    """

    retryable: bool = False
    retry_after: int = 0
    hint = _("WeCom refused the call. Look up the error code in WeCom's error code tool.")

    def __init__(
        self,
        code: int = 0,
        message: str = "",
        path: str = "",
        *,
        hint: str = "",
        retry_after: int | None = None,
        told: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(code, message, path)
        self.code, self.message, self.path = code, message, path
        self._told = told  # what the hint's placeholders stand for
        if hint:
            self.hint = hint
        if retry_after is not None:
            self.retry_after = retry_after

    @property
    def advice(self) -> str:
        """What an operator can do about it, in the active language."""
        words = gettext(self.hint)
        return words % self._told if self._told else words

    def __str__(self) -> str:
        return f"{self.path}: {self.code} {self.message}".strip()


class OutcomeUnknown(WeComError):
    """No readable answer: it may have happened. Ask WeCom before doing it again.

    `retryable` only when the call was a mere question (nothing to happen twice).
    """

    retry_after = 5
    hint = _("WeCom gave no readable answer. The system checks what happened before it repeats.")


class Refused(WeComError):
    """WeCom said no, so nothing happened. Doing it again as it stands will not help."""


class NotConnected(Refused):
    """The connection was never made (连接失败), so WeCom has not seen the call."""

    retryable = True
    retry_after = 5
    hint = _("WeCom cannot be reached. Check the network, the DNS and the proxy of this server.")


class RateLimited(Refused):
    """Too many calls (接口调用超过限制); the same call may succeed after a pause."""

    retryable = True
    retry_after = 60
    hint = _("Too many calls to WeCom for now. The system goes on by itself after a pause.")


class QuotaReached(RateLimited):
    """The corp's share of this day or month is used up (额度已用完); the next one begins anew."""

    hint = _(
        "The day's or month's share of this is used up. The system goes on by itself at the"
        " beginning of the next one; see Limits and usage."
    )


class OnHold(RateLimited):
    """WeCom failed several times in a row (熔断): nothing is called until a pause is over."""

    retry_after = 10
    hint = _(
        "WeCom failed several times in a row, so the system pauses and then tries once."
        " It goes on by itself; see Limits and usage."
    )


class Busy(Refused):
    """Too many calls at once, or somebody else edits the same thing (并发冲突)."""

    retryable = True
    retry_after = 2
    hint = _("WeCom is busy with the same thing. The system tries again in a moment.")


class StillDispatching(Refused):
    """The task was just made and cannot be read or changed yet (任务分发中)."""

    retryable = True
    retry_after = 60
    hint = _("WeCom is still handing the task out to staff. Look again in a minute.")


class Misconfigured(Refused):
    """Something in WeCom's admin pages or in our settings must be changed first (配置错误)."""

    hint = _("The WeCom settings are wrong. Run the set-up check and follow its advice.")


class TokenInvalid(Misconfigured):
    """The access token was refused, and so was a freshly fetched one (access_token无效).

    The one repetition that is allowed has been made, so it is not `retryable`.
    """

    hint = _("WeCom keeps refusing new access tokens. Check that the app is enabled.")


class NotVisible(Refused):
    """The person, department or tag lies outside the app's visible range (不在可见范围)."""

    hint = _("Outside the app's visible range. Widen the range (可见范围) in the WeCom admin.")


class NotFound(Refused):
    """WeCom does not know this id (any more)."""

    hint = _("WeCom does not know this id any more. Start a sync.")


class NoRelation(Refused):
    """No contact relation between staff and customer (无客户关系): treat as none."""

    hint = _("This staff member and this customer are not in contact any more.")


class BadRequest(Refused):
    """The request itself is wrong; repeating it unchanged is useless."""

    hint = _("WeCom did not accept the content. Check lengths, links and attachments.")


class TooManyJobs(Refused):
    """Too many moments are being made at once (任务过多): somebody tries again later."""

    hint = _("WeCom is making too many moments at once. Try again in a few minutes.")


class TagExists(BadRequest):
    """The tag's or group's name is taken (标签名已存在)."""

    hint = _("A tag of this name exists already. Start a sync and use that one.")


class QuotaExhausted(Refused):
    """The corp has used up what WeCom grants of this (额度已用完): codes, links, rules."""

    hint = _("The corp has used up what WeCom allows of this. Delete what is no longer needed.")


class TransferRefused(Refused):
    """This customer or group cannot be handed over now (无法转接)."""

    hint = _("WeCom cannot hand this over now.")


class LoginFailed(Refused):
    """The sign-in code or ticket is unknown, used or too old (登录凭证失效): sign in again."""

    hint = _("The sign-in ran out. Open the page again.")


class MediaExpired(BadRequest):
    """The media_id is unknown or older than three days (素材已过期): upload again."""

    hint = _("The material expired at WeCom. It has to be uploaded again.")


class NobodyToSend(Refused):
    """None of the receivers can get the message (没有可发送的客户)."""

    hint = _("None of the chosen customers can receive this message.")


class AlreadyCancelled(Refused):
    """The task was cancelled before (任务已停止)."""

    hint = _("The task was cancelled before; nothing is left to do.")


class TooManyReminders(Refused):
    """A task may be reminded of three times in 24 hours (提醒过于频繁)."""

    hint = _("Staff were reminded three times within 24 hours. Wait until tomorrow.")


class WelcomeExpired(Refused):
    """The welcome code is unknown or older than 20 seconds (欢迎语已过期): drop it."""

    hint = _("The welcome came too late: WeCom allows 20 seconds.")


class WelcomeTaken(Refused):
    """A welcome was delivered or the chat has begun (欢迎语已发送): final."""

    hint = _("A welcome was already sent to this customer, or they are already chatting.")


class WelcomeContested(Refused):
    """Another app is sending a welcome right now; may be tried again inside the 20 seconds."""

    retryable = True
    retry_after = 1
    hint = _("Another app is sending a welcome to this customer.")
