"""Pictures that WeCom names by an address (二维码图片): fetched once, served by ourselves."""

from __future__ import annotations

from scrm.wecom.gateway.area import Area


class Pictures(Area):
    """The addresses expire, and a browser may not ask strangers for them."""

    def picture(self, address: str) -> bytes:
        """The PNG or JPEG at an address of WeCom's. Raises BadRequest for any other address,
        OutcomeUnknown (retryable) for what is no picture.
        """
        return self._transport.picture(address)
