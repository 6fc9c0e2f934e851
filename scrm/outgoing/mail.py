"""Mail through the installation's mail server (邮件), with the one question answered: did it go?"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from smtplib import (
    SMTP,
    SMTPAuthenticationError,
    SMTPException,
    SMTPRecipientsRefused,
    SMTPServerDisconnected,
)
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.message import sanitize_address
from django.utils.translation import gettext as _

from scrm.errors import ScrmError


class MailRefused(ScrmError):
    """Surely not sent: no server, no log-in, or the server said no. `passes`: it may say yes later."""

    code = "mail_refused"

    def __init__(self, message: str, *, passes: bool) -> None:
        super().__init__(message)
        self.passes = passes


class MailUnknown(ScrmError):
    """The server went silent while it had the mail: sent or not, nobody knows."""

    code = "mail_unknown"


@dataclass(frozen=True)
class Attachment:
    name: str
    content: bytes
    kind: str  # its media type


@dataclass(frozen=True)
class Mail:
    """Receivers see each other; write to a list where they should not."""

    subject: str
    text: str
    to: Sequence[str]
    attachments: Sequence[Attachment] = ()


@dataclass(frozen=True)
class Refusal:
    """What the server said of one receiver; `passes`: it may take the mail later."""

    words: str
    passes: bool


def is_set_up() -> bool:
    """Whether this installation can send mail at all."""
    return bool(settings.EMAIL_HOST)


def check() -> None:
    """Log into the mail server and leave; nothing is sent. Raises MailRefused."""
    connection = _opened()
    connection.close()


def send(mail: Mail) -> dict[str, Refusal]:
    """Hand it to the mail server; answers the receivers that it refused, the others have it.

    Raises MailRefused when nobody has it for another reason, or MailUnknown when it must not be
    repeated.
    """
    message = EmailMessage(subject=" ".join(mail.subject.split()), body=mail.text, to=list(mail.to))
    for one in mail.attachments:
        message.attach(one.name, one.content, one.kind)
    connection = _opened()
    try:
        return _handed_over(message, connection)
    except SMTPServerDisconnected as error:
        raise MailUnknown(_silent(error)) from error
    except SMTPException as error:
        raise MailRefused(_said(error), passes=_passes(error)) from error
    except OSError as error:
        raise MailUnknown(_silent(error)) from error
    finally:
        _close(connection)


def _handed_over(message: EmailMessage, connection: BaseEmailBackend) -> dict[str, Refusal]:
    """Django's backend does not tell whom the server refused, so the session is asked itself."""
    session = getattr(connection, "connection", None)
    if not isinstance(session, SMTP):
        connection.send_messages([message])
        return {}
    named = {sanitize_address(address, "utf-8"): address for address in message.to}
    sender = sanitize_address(message.from_email, "utf-8")
    # Django's own kind of letter, whose stubs know nothing of the ends of its lines.
    letter: Any = message.message()
    content = letter.as_bytes(linesep="\r\n")
    try:
        answers = session.sendmail(sender, list(named), content)
    except SMTPRecipientsRefused as error:
        # Nobody has it. A server that closes has not said so of everybody.
        closed = (421, b"closed the session")
        answers = {address: error.recipients.get(address, closed) for address in named}
    return {
        named[address]: Refusal(f"{code} {_text(words)}"[:160], 400 <= code < 500)
        for address, (code, words) in answers.items()
    }


def _text(words: bytes | str) -> str:
    return words.decode("utf-8", "replace") if isinstance(words, bytes) else words


def _opened() -> BaseEmailBackend:
    """A connection with the log-in made: up to here nothing can have been sent."""
    if not is_set_up():
        raise MailRefused(_("No mail server is set (SCRM_MAIL_HOST)."), passes=False)
    connection = get_connection(timeout=settings.EMAIL_TIMEOUT)
    try:
        connection.open()
    except (SMTPException, OSError) as error:
        raise MailRefused(_said(error), passes=_passes(error)) from error
    return connection


def _close(connection: BaseEmailBackend) -> None:
    """What was answered stands, however the goodbye goes."""
    with suppress(SMTPException, OSError):
        connection.close()


def _passes(error: Exception) -> bool:
    """Whether the same mail may be taken later: 4xx says so, a lost connection as well."""
    code = getattr(error, "smtp_code", None)
    if code is not None:
        return bool(400 <= code < 500)
    return not isinstance(error, SMTPAuthenticationError)


def _said(error: Exception) -> str:
    return _("The mail server said no: %(error)s") % {"error": str(error)[:160]}


def _silent(error: Exception) -> str:
    return _("The mail server went silent after it had the mail: %(error)s") % {
        "error": str(error)[:120]
    }
