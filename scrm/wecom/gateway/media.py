"""Files for messages and posts (素材)."""

from __future__ import annotations

from scrm.wecom.gateway.area import Area
from scrm.wecom.gateway.reading import at_most, moment, moment_or_none, number, text
from scrm.wecom.maxima import ATTACHMENT_BYTES, FILE_BYTES, SHOWN_IMAGE_BYTES
from scrm.wecom.types.media import MediaFile, MediaJob, MediaReceipt

ATTACHMENT_USES = {"moment": 1, "album": 2}


class Media(Area):
    """Uploaded files live three days; the originals stay with us."""

    def upload_media(self, *, kind: str, filename: str, content: bytes) -> MediaReceipt:
        """上传临时素材 (media/upload). `kind`: image, voice, video or file.

        WeCom takes images up to 10 MB (JPG, PNG), videos up to 10 MB (MP4), files up to 20 MB.
        Raises BadRequest for anything else, ValueError above every maximum.
        """
        at_most(FILE_BYTES, content, "content")
        reply = self._transport.upload(
            "media/upload", {"type": kind}, name=filename, content=content
        )
        return MediaReceipt(media_id=str(reply["media_id"]), created_at=moment(reply, "created_at"))

    def upload_image(self, *, filename: str, content: bytes) -> str:
        """上传图片 (media/uploadimg): an address that never ends, shown inside WeCom only.

        Up to 2 MB; 1,000 a day, 3,000 a month (RateLimited).
        """
        at_most(SHOWN_IMAGE_BYTES, content, "content")
        reply = self._transport.upload("media/uploadimg", {}, name=filename, content=content)
        return str(reply["url"])

    def upload_attachment(
        self, *, kind: str, use: str, filename: str, content: bytes
    ) -> MediaReceipt:
        """上传附件资源 (media/upload_attachment). `kind`: image, video or file; `use`: moment or
        album. These ids are good for nothing else, and no other ids for these (MediaExpired).
        """
        at_most(ATTACHMENT_BYTES, content, "content")
        asked = {"media_type": kind, "attachment_type": ATTACHMENT_USES[use]}
        reply = self._transport.upload(
            "media/upload_attachment", asked, name=filename, content=content
        )
        return MediaReceipt(media_id=str(reply["media_id"]), created_at=moment(reply, "created_at"))

    def upload_by_url(self, *, kind: str, filename: str, url: str, md5: str) -> str:
        """异步上传临时素材 (media/upload_by_url): WeCom fetches up to 200 MB from `url`, whose
        server must know Range. `kind`: video or file; `md5`: of the content, in hex.

        Returns the id of a job; ask `upload_by_url_result`, or wait for the event
        upload_media_job_finish. The file is good for welcomes of groups and `download_media`.
        """
        body = {"scene": 1, "type": kind, "filename": filename, "url": url, "md5": md5}
        return str(self._transport.change("media/upload_by_url", body)["jobid"])

    def upload_by_url_result(self, jobid: str) -> MediaJob:
        """查询异步任务结果 (media/get_upload_by_url_result), within an hour."""
        reply = self._transport.post("media/get_upload_by_url_result", {"jobid": jobid})
        detail = reply.get("detail") or {}
        return MediaJob(
            status=number(reply, "status"),
            media_id=text(detail, "media_id"),
            created_at=moment_or_none(detail, "created_at"),
            error_code=number(detail, "errcode"),
        )

    def download_media(self, media_id: str) -> MediaFile:
        """获取临时素材 (media/get), however big: it is fetched in parts. Raises MediaExpired."""
        filename, content = self._transport.download("media/get", {"media_id": media_id})
        return MediaFile(filename=filename, content=content)
