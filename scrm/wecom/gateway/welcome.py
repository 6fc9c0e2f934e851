"""Welcome messages to new customers (新客户欢迎语)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from scrm.wecom.gateway.area import Area
from scrm.wecom.gateway.messages import message_content


class Welcome(Area):
    """A welcome code lives 20 seconds and works once."""

    def send_welcome(
        self,
        *,
        welcome_code: str,
        text: str = "",
        attachments: Sequence[Mapping[str, object]] = (),
    ) -> None:
        """发送新客户欢迎语 (send_welcome_msg).

        Raises WelcomeExpired, WelcomeTaken (both final) or WelcomeContested (try again while the
        code lives). After OutcomeUnknown it may be tried again as well: the code works once.
        """
        body = {"welcome_code": welcome_code, **message_content(text, attachments)}
        self._transport.post("externalcontact/send_welcome_msg", body)
