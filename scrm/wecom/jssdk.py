"""The signature a page needs for WeCom's JS-SDK (JS-SDK使用权限签名)."""

from __future__ import annotations

import hashlib


def signature(*, ticket: str, nonce: str, timestamp: int, url: str) -> str:
    """SHA-1 over ticket, nonce, unix seconds and the page's address, in this order.

    `url` is the address as the browser shows it; what follows `#` does not count.
    """
    page = url.partition("#")[0]
    signed = f"jsapi_ticket={ticket}&noncestr={nonce}&timestamp={timestamp}&url={page}"
    return hashlib.sha1(signed.encode()).hexdigest()  # noqa: S324 - WeCom's own choice
