"""What WeCom takes in one message (消息上限): lengths in UTF-8 bytes, files in bytes. Pure."""

from __future__ import annotations

from broadcasts.policy.file_kinds import JPEG, MP4, PNG

# 创建企业群发, 发送新客户欢迎语
TEXT_BYTES = 4000
ATTACHMENTS = 9
LINK_BYTES = {"title": 128, "desc": 512, "url": 2048, "picurl": 2048}
MINI_BYTES = {"title": 64, "appid": 64, "page": 1024}
COVER_SIDES = (520, 416)

# 上传临时素材
LEAST_FILE_BYTES = 6
FILE_BYTES = {"image": 10 * 1024 * 1024, "video": 10 * 1024 * 1024, "file": 20 * 1024 * 1024}
CONTENT_TYPES = {"image": (PNG, JPEG), "video": (MP4,)}


def fits_cover(width: int | None, height: int | None) -> bool:
    """Whether a picture has the proportion of a mini program's cover, and enough of it.

    Within two hundredths; a picture whose sides cannot be read is taken on trust.
    """
    if not width or not height:
        return True
    wanted = COVER_SIDES[0] / COVER_SIDES[1]
    return width >= COVER_SIDES[0] and abs(width / height / wanted - 1) <= 0.02
