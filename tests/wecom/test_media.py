"""Files to WeCom and back; captured bodies."""

from __future__ import annotations

import hashlib
import struct
from datetime import UTC, datetime, timedelta

import pytest

from scrm import wecom
from tests.simulator.shapes import assert_like
from tests.waiting import until
from tests.wecom.captured import captured
from tests.wecom.served import FileServer

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


@pytest.mark.parametrize("sides", [(10_801, 100), (1081, 1081)])
def test_a_picture_with_too_many_pixels_is_no_good_for_posts(gateway, corp, sides):
    head = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", *sides)
    picture = {"kind": "image", "filename": "a.png", "content": head}
    with pytest.raises(wecom.BadRequest) as refused:
        gateway.upload_attachment(use="moment", **picture)
    assert refused.value.code == 41081
    assert gateway.upload_attachment(use="album", **picture).media_id


def test_an_upload_after_a_refused_token_sends_the_whole_file(gateway, corp):
    content = bytes(range(256)) * 4096
    gateway.upload_media(kind="file", filename="a.bin", content=b"the first file")
    corp.state.faults.add("media/upload", "errcode", 42001)
    made = gateway.upload_media(kind="file", filename="a.bin", content=content)
    assert corp.state.calls["media/upload"] == 3
    assert gateway.download_media(made.media_id).content == content


def _finished(gateway, jobid):
    job = gateway.upload_by_url_result(jobid)
    return job if job.status != 1 else None


def test_a_big_file_is_fetched_from_its_address_and_comes_back_in_parts(gateway, corp):
    content = b"tea" * 7_500_000  # above 20 MB, so nobody gets it at once
    digest = hashlib.md5(content, usedforsecurity=False).hexdigest()
    with FileServer(content) as server:
        jobid = gateway.upload_by_url(
            kind="video", filename="茶山.mp4", url=server.url, md5=digest.upper()
        )
        job = until(lambda: _finished(gateway, jobid), seconds=20)
    assert (job.status, job.error_code, len(server.ranges)) == (2, 0, 3)
    assert gateway.download_media(job.media_id).content == content
    assert corp.state.calls["media/get"] == 2
    template_id = gateway.add_group_welcome(
        wecom.GroupWelcome(
            attachment={"msgtype": "video", "video": {"media_id": job.media_id}},
        )
    )
    assert gateway.group_welcome(template_id).attachment["msgtype"] == "video"
    with pytest.raises(wecom.MediaExpired):  # it is good for nothing else
        gateway.create_group_message(
            sender=corp.state.add_staff("wangfang").userid,
            attachments=[{"msgtype": "video", "video": {"media_id": job.media_id}}],
        )
    corp.state.clock.advance(timedelta(hours=1, seconds=1))
    with pytest.raises(wecom.BadRequest):
        gateway.upload_by_url_result(jobid)


@pytest.mark.parametrize(
    ("knows_range", "md5", "url"),
    [(False, "", ""), (True, "0" * 32, ""), (True, "", "https://files.example.com/a.mp4")],
)
def test_a_file_that_cannot_be_fetched_ends_in_a_failed_job(gateway, corp, knows_range, md5, url):
    digest = hashlib.md5(b"a video file", usedforsecurity=False).hexdigest()
    with FileServer(b"a video file", knows_range=knows_range) as server:
        jobid = gateway.upload_by_url(
            kind="video", filename="a.mp4", url=url or server.url, md5=md5 or digest
        )
        job = until(lambda: _finished(gateway, jobid), seconds=20)
    assert (job.status, job.media_id, job.created_at) == (3, "", None)
    assert job.error_code


def test_a_finished_upload_is_told_by_an_event(gateway, corp):
    corp.state.callbacks.mode, corp.state.callbacks.url = "hold", "http://127.0.0.1:9/"
    with FileServer(b"a video file") as server:
        jobid = gateway.upload_by_url(kind="file", filename="a", url=server.url, md5="0" * 32)
        until(lambda: _finished(gateway, jobid), seconds=20)
    assert corp.state.callbacks.held() == ["upload_media_job_finish"]


def test_a_part_of_a_file_can_be_asked_for(corp, corp_api):
    media_id = corp_api.upload("media/upload", b"0123456789", type="file")["media_id"]

    def part(wanted):
        query = {"media_id": media_id, "access_token": corp_api.token}
        status, headers, content = corp_api.adapter.handle(
            "GET", "/cgi-bin/media/get", query, byte_range=wanted
        )
        return status, headers.get("Content-Range"), content

    assert part("bytes=2-4") == (206, "bytes 2-4/10", b"234")
    assert part("bytes=8-") == (206, "bytes 8-9/10", b"89")
    assert part("") == (200, None, b"0123456789")
    assert b"40058" in part("bytes=10-")[2]


def test_uploads_by_address_are_asked_for_and_read_as_wecom_has_them(replay, corp_api):
    told = replay("13-media/upload_by_url")
    asked = {"type": "file", "filename": "a.pdf", "url": "https://x/a.pdf", "md5": "0" * 32}
    made = told.gateway.upload_by_url(
        kind="file", filename="a.pdf", url="https://x/a.pdf", md5="0" * 32
    )
    assert (made[:6], told.path) == ("jobid_", "media/upload_by_url")
    assert told.sent == {"scene": 1, **asked}
    job = replay("13-media/get_upload_by_url_result").gateway.upload_by_url_result(made)
    assert (job.status, job.media_id[:2], job.created_at.timestamp()) == (2, "3*", 1791767100)
    digest = hashlib.md5(b"a video file", usedforsecurity=False).hexdigest()
    with FileServer(b"a video file") as server:
        changed = {"url": server.url, "md5": digest, "scene": 1}
        answer = corp_api.post("media/upload_by_url", asked | changed)
        assert_like(answer, captured("13-media/upload_by_url"))
        body = {"jobid": answer["jobid"]}
        path = "media/get_upload_by_url_result"
        answer = until(
            lambda: found if (found := corp_api.post(path, body))["status"] == 2 else None,
            seconds=20,
        )
    assert_like(answer, captured("13-media/get_upload_by_url_result"))
    assert corp_api.post("media/upload_by_url", {**asked, "scene": 2})["errcode"] == 40058
    assert (
        corp_api.post("media/upload_by_url", {**asked, "scene": 1, "type": "image"})["errcode"]
        == 40004
    )


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
