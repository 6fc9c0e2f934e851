"""Files for messages (临时素材)."""

from __future__ import annotations

from scrm.wecom.gateway.area import Area
from scrm.wecom.gateway.reading import moment
from scrm.wecom.types.media import MediaReceipt


class Media(Area):
    """Uploaded files live three days; the originals stay with us."""

    def upload_media(self, *, kind: str, filename: str, content: bytes) -> MediaReceipt:
        """上传临时素材 (media/upload). `kind`: image, voice, video or file.

        WeCom takes images up to 10 MB (JPG, PNG), videos up to 10 MB (MP4), files up to 20 MB.
        Raises BadRequest for anything else.
        """
        reply = self._transport.upload(
            "media/upload", {"type": kind}, name=filename, content=content
        )
        return MediaReceipt(media_id=str(reply["media_id"]), created_at=moment(reply, "created_at"))
