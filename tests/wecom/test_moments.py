"""Moments from their making to likes; captured bodies."""

from __future__ import annotations

from datetime import timedelta

import pytest

from scrm import wecom
from scrm.simulator.errors import Impossible
from tests.simulator.shapes import assert_like
from tests.wecom.captured import captured

DAY = timedelta(days=1)
AREA = "externalcontact"


def _picture(gateway):
    content = b"\x89PNG picture"
    made = gateway.upload_attachment(kind="image", use="moment", filename="a.png", content=content)
    return {"msgtype": "image", "image": {"media_id": made.media_id}}


def test_a_post_is_seen_once_staff_publish_it(gateway, shop):
    draft = wecom.MomentDraft("秋日第一泡", (_picture(gateway),), userids=("zhangwei", "nobody"))
    job = gateway.moment_job(gateway.create_moment(draft))
    assert (job.status, job.error_code, job.invalid_userids) == (3, 0, ("nobody",))
    [task] = gateway.moment_tasks(job.moment_id)
    assert (task.userid, task.is_published) == ("zhangwei", False)
    with pytest.raises(wecom.Refused) as early:
        list(gateway.moment_reached(job.moment_id, "zhangwei"))
    assert early.value.code == 41062
    shop.unfollow_by_contact("zhangwei", "wm-sunhao")
    assert shop.publish_moments() == 1
    assert set(gateway.moment_audience(job.moment_id, "zhangwei")) == {"wm-xiaoyu", "wm-sunhao"}
    assert list(gateway.moment_reached(job.moment_id, "zhangwei")) == ["wm-xiaoyu"]
    [info] = gateway.moments(start=shop.clock.now() - 40 * DAY, end=shop.clock.now())
    assert (info.moment_id, info.text, info.is_public) == (job.moment_id, "秋日第一泡", True)
    assert len(info.image_media_ids) == 1


def test_likes_and_comments_are_told_by_poster(gateway, shop):
    moment_id = shop.post_moment("zhangwei", "开业一周年")
    shop.like_moment(moment_id, "zhangwei", "wm-xiaoyu")
    shop.comment_moment(moment_id, "zhangwei", "wangfang")
    found = gateway.moment_reactions(moment_id, "zhangwei")
    assert [like.external_userid for like in found.likes] == ["wm-xiaoyu"]
    assert [comment.userid for comment in found.comments] == ["wangfang"]
    with pytest.raises(Impossible):
        shop.like_moment(moment_id, "wangfang", "wm-xiaoyu")
    [info] = gateway.moments(start=shop.clock.now() - DAY, end=shop.clock.now())
    assert (info.creator, info.create_type) == ("zhangwei", 1)


def test_tags_choose_who_sees_a_post(gateway, shop):
    group = shop.add_tag_group("口味", ["绿茶"])
    green = group.tag_id("绿茶")
    shop.mark("zhangwei", "wm-xiaoyu", green)
    draft = wecom.MomentDraft("绿茶上新", department_ids=(2,), tag_ids=(green, "et-gone"))
    job = gateway.moment_job(gateway.create_moment(draft))
    assert job.invalid_tag_ids == ("et-gone",)
    assert list(gateway.moment_audience(job.moment_id, "zhangwei")) == ["wm-xiaoyu"]
    assert list(gateway.moment_audience(job.moment_id, "wangfang")) == []


def test_a_cancelled_post_is_published_by_nobody(gateway, shop):
    jobid = gateway.create_moment(wecom.MomentDraft("秋茶"))
    moment_id = gateway.moment_job(jobid).moment_id
    gateway.cancel_moment(moment_id)
    assert shop.publish_moments() == 0


def test_a_post_in_the_making_has_no_tasks_yet(gateway, shop):
    shop.record("settings", dispatch_seconds=60)
    jobid = gateway.create_moment(wecom.MomentDraft("秋茶"))
    assert gateway.moment_job(jobid).status == 2
    [moment_id] = shop.moments
    with pytest.raises(wecom.StillDispatching):
        list(gateway.moment_tasks(moment_id))
    shop.clock.advance(DAY + DAY)
    with pytest.raises(wecom.BadRequest):
        gateway.moment_job(jobid)


def test_a_post_nobody_can_publish_is_not_made(gateway, shop):
    job = gateway.moment_job(gateway.create_moment(wecom.MomentDraft("秋茶", userids=("x",))))
    assert (job.status, job.moment_id, job.error_code) == (3, "", 40003)


def test_a_picture_uploaded_for_messages_is_no_good_for_posts(gateway, shop):
    made = gateway.upload_media(kind="image", filename="a.png", content=b"\x89PNG picture")
    picture = {"msgtype": "image", "image": {"media_id": made.media_id}}
    with pytest.raises(wecom.MediaExpired):
        gateway.create_moment(wecom.MomentDraft(attachments=(picture,)))


def test_ten_posts_a_minute_are_enough(gateway, shop):
    for number in range(10):
        gateway.create_moment(wecom.MomentDraft(f"第{number}条"))
    with pytest.raises(wecom.RateLimited):
        gateway.create_moment(wecom.MomentDraft("太多"))


@pytest.mark.parametrize("wrong", [{"text": "字" * 2001}, {"attachments": ({},) * 10}])
def test_a_post_above_wecoms_maxima_is_the_callers_mistake(gateway, wrong):
    with pytest.raises(ValueError, match="WeCom takes"):
        gateway.create_moment(wecom.MomentDraft(**wrong))


def test_posts_of_the_corp_and_of_staff_can_be_told_apart(gateway, shop):
    job = gateway.create_moment(wecom.MomentDraft("秋茶"))
    hers = shop.post_moment("wangfang", "开业一周年")
    span = {"start": shop.clock.now() - timedelta(days=1), "end": shop.clock.now()}
    ours = gateway.moment_job(job).moment_id

    def found(**chosen):
        return {moment.moment_id for moment in gateway.moments(**span, **chosen)}

    assert found() == {ours, hers}
    assert (found(made_by=0), found(made_by=1)) == ({ours}, {hers})
    assert (found(creator="wangfang"), found(creator="zhangwei")) == ({hers}, set())
    with pytest.raises(wecom.BadRequest) as wrong:
        list(gateway.moment_tasks(hers))
    assert wrong.value.code == 41067


def test_too_many_jobs_at_once_are_told_apart_from_too_many_calls(gateway, shop):
    shop.settings.dispatch_seconds = 30
    for _job in range(3):
        gateway.create_moment(wecom.MomentDraft("秋茶"))
    with pytest.raises(wecom.TooManyJobs) as refused:
        gateway.create_moment(wecom.MomentDraft("秋茶"))
    assert not refused.value.retryable


def test_posts_are_asked_for_as_wecom_wants_it(replay):
    made, wanted = (
        replay("09-moments/add_moment_task"),
        captured("09-moments/add_moment_task_request"),
    )
    draft = wecom.MomentDraft(
        wanted["text"]["content"],
        tuple(wanted["attachments"]),
        ("wangfang", "liuyang"),
        (6,),
        tuple(wanted["visible_range"]["external_contact_list"]["tag_list"]),
    )
    assert made.gateway.create_moment(draft).startswith("SXsv")
    assert (made.path, made.sent) == (f"{AREA}/add_moment_task", wanted)


def test_wecoms_answers_about_posts_are_read(replay, shop):
    running = replay("09-moments/get_moment_task_result_running").gateway.moment_job("j")
    assert (running.status, running.moment_id) == (2, "")
    done = replay("09-moments/get_moment_task_result_done").gateway.moment_job("j")
    assert (done.invalid_userids, done.invalid_department_ids) == (("chenjie",), (9,))
    now = shop.clock.now()
    corps, hers = replay("09-moments/get_moment_list").gateway.moments(start=now, end=now)
    assert (corps.creator, corps.is_public, len(corps.image_media_ids)) == ("", False, 2)
    assert (hers.creator, hers.link_title, hers.is_public) == ("lina", "周年庆", True)
    assert (hers.place, hers.latitude, hers.longitude) == (
        "杭州市 · 滨江宝龙城",
        "30.20860",
        "120.21201",
    )
    assert (hers.thumb_media_id[:4], corps.place) == ("33Sy", "")
    tasks = list(replay("09-moments/get_moment_task").gateway.moment_tasks("m"))
    assert [task.is_published for task in tasks] == [True, False]
    meant = replay("09-moments/get_moment_customer_list").gateway.moment_audience("m", "u")
    seen = replay("09-moments/get_moment_send_result").gateway.moment_reached("m", "u")
    assert (len(list(meant)), len(list(seen))) == (2, 1)
    told = replay("09-moments/get_moment_comments").gateway.moment_reactions("m", "u")
    assert [comment.userid for comment in told.comments] == ["", "wangfang"]
    assert [bool(like.external_userid) for like in told.likes] == [True, False]


def test_the_simulator_answers_as_wecom_does(gateway, shop, corp_api):
    job = gateway.create_moment(
        wecom.MomentDraft("a", (_picture(gateway),), ("zhangwei", "x"), (9,))
    )
    body = {"text": {"content": "a"}}
    assert_like(
        corp_api.post(f"{AREA}/add_moment_task", body), captured("09-moments/add_moment_task")
    )
    answer = corp_api.get(f"{AREA}/get_moment_task_result", jobid=job)
    assert_like(answer, captured("09-moments/get_moment_task_result_done"))
    moment_id = gateway.moment_job(job).moment_id
    shop.publish_moments()
    shop.like_moment(moment_id, "zhangwei", "wm-xiaoyu")
    shop.comment_moment(moment_id, "zhangwei", "zhangwei")
    which = {"moment_id": moment_id, "userid": "zhangwei"}
    for name in ("task", "customer_list", "send_result", "comments"):
        answer = corp_api.post(f"{AREA}/get_moment_{name}", which)
        assert_like(answer, captured(f"09-moments/get_moment_{name}"))
    now = shop.clock.timestamp()
    span = {"start_time": now - 3600, "end_time": now + 60}
    answer = corp_api.post(f"{AREA}/get_moment_list", span)
    assert_like(answer, captured("09-moments/get_moment_list"))
