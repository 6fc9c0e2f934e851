"""Files to WeCom and back; captured bodies."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from scrm import wecom
from tests.simulator.shapes import assert_like
from tests.wecom.captured import captured

PICTURE = {"filename": "秋茶.png", "content": b"\x89PNG\x00 picture"}
UPLOADED = datetime(2026, 10, 12, 1, 0, tzinfo=UTC)


def test_a_file_comes_back_as_it_went(gateway, corp):
    made = gateway.upload_media(kind="image", **PICTURE)
    found = gateway.download_media(made.media_id)
    assert (found.content, found.filename) == (PICTURE["content"], f"{made.media_id}.png")


def test_a_file_is_gone_after_three_days(gateway, corp):
    made = gateway.upload_media(kind="image", **PICTURE)
    corp.state.clock.advance(timedelta(days=3, minutes=1))
    with pytest.raises(wecom.MediaExpired):
        gateway.download_media(made.media_id)


def test_a_shown_image_has_an_address(gateway, corp):
    assert gateway.upload_image(**PICTURE).startswith("https://wework.qpic.cn/")


def test_an_attachment_is_for_one_use(gateway, corp):
    made = gateway.upload_attachment(kind="image", use="moment", **PICTURE)
    assert corp.state.media[made.media_id].use == "moment"
    with pytest.raises(wecom.BadRequest) as wrong:
        gateway.upload_attachment(kind="voice", use="album", **PICTURE)
    assert wrong.value.code == 41072


def test_a_file_above_wecoms_maximum_is_not_even_sent(gateway, corp):
    with pytest.raises(ValueError, match="WeCom takes"):
        gateway.upload_image(filename="a.png", content=bytes(2 * 1024 * 1024 + 1))
    assert not corp.state.calls


def test_wecoms_answers_about_files_are_read(replay):
    for name, upload in (
        ("upload", {"kind": "image"}),
        ("upload_attachment", {"kind": "image", "use": "moment"}),
    ):
        told = replay(f"13-media/{name}")
        method = told.gateway.upload_media if name == "upload" else told.gateway.upload_attachment
        assert method(**upload, **PICTURE).created_at == UPLOADED
        assert told.path == f"media/{name}"
    assert "media_type=image&attachment_type=1" in told.query
    assert replay("13-media/uploadimg").gateway.upload_image(**PICTURE).endswith("/0")


def test_an_answer_that_is_no_file_is_unreadable(replay):
    with pytest.raises(wecom.OutcomeUnknown):
        replay().gateway.download_media("3x")


def test_the_simulator_answers_as_wecom_does(corp_api):
    answer = corp_api.upload("media/upload", b"picture", type="image")
    assert_like(answer, captured("13-media/upload"))
    answer = corp_api.upload("media/uploadimg", b"picture")
    assert_like(answer, captured("13-media/uploadimg"))
    asked = {"media_type": "image", "attachment_type": 1}
    answer = corp_api.upload("media/upload_attachment", b"picture", **asked)
    assert_like(answer, captured("13-media/upload_attachment"))
