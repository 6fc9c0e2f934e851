"""What must not be shown or logged in full: phone numbers (手机号), tokens, codes. Pure."""

from __future__ import annotations

import logging
import re

# Mainland mobiles as people write them: 13812345678, 138 1234 5678, +86-138-1234-5678.
_MOBILE = re.compile(r"(?<!\d)(?:(\+?86)([-\s]?))?(1[3-9]\d)[-\s]?\d{4}[-\s]?(\d{4})(?!\d)")
# Names under which secrets travel, in an address, in JSON, in XML, in a header, in a repr.
_SECRET = re.compile(
    r"""(?ix)
    ( (?: access_token | corpsecret | corp_secret | welcome_?code | encoding_?aes_?key
        | msg_signature | suite_?ticket | password )
      ["'\s]* (?: [=:>] (?: \s | ["'] | <!\[CDATA\[ )* ) )
    [^\s"'&<>,;\])}]+
    """
)
_HEADER = re.compile(r"(?i)(\b(?:token|bearer)\s+)[0-9a-z._-]{20,}")


def mask_phones(text: str) -> str:
    """Every mobile number in `text` as 138****5678; the rest as it is."""
    return _MOBILE.sub(r"\1\2\3****\4", text)


def hide_secrets(text: str) -> str:
    """`text` without phone numbers in full and without the values of secrets."""
    return mask_phones(_HEADER.sub(r"\1••••", _SECRET.sub(r"\1••••", text)))


class MaskedFormatter(logging.Formatter):
    """A log line, tracebacks included, that may be read by whoever may read logs."""

    def format(self, record: logging.LogRecord) -> str:
        return hide_secrets(super().format(record))
