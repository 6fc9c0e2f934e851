"""Every event WeCom has: handled or on purpose kept and ignored; none is unknown to us."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from contacts.models import ContactEvent
from groups.models import GroupChat, GroupMember
from scrm.wecom.callback import drain, inbox, registry
from scrm.wecom.callback.envelope import read_message
from scrm.wecom.models import CallbackEvent, CorpNotice
from scrm.wecom.notice_selectors import balance_notice, link_figures
from tests.contacts.events import contact_event, deliver, xml

_PAYLOADS = Path(__file__).parent / "payloads"
AT = datetime(2026, 6, 1, 10, 0, tzinfo=UTC)

HANDLED = {
    "change_external_contact": {
        *("add_external_contact", "edit_external_contact", "add_half_external_contact"),
        *("del_external_contact", "del_follow_user", "transfer_fail", "msg_audit_approved"),
    },
    "change_external_chat": {"create", "update", "dismiss"},
    "change_external_tag": {"create", "update", "delete", "shuffle"},
    "change_contact": {
        *("create_user", "update_user", "delete_user"),
        *("create_party", "update_party", "delete_party", "update_tag"),
    },
    "customer_acquisition": {
        *("balance_low", "balance_exhausted", "balance_increased", "quota_expire_soon"),
        *("link_unavailable", "delete_link", "open_profile", "friend_request"),
        *("customer_start_chat", "message_from_customer"),
    },
    "upload_media_job_finish": {""},
    "batch_job_result": {""},
}
# Customer service, the chat archive and messages to the app are no part of the product.
IGNORED = ("kf_msg_or_event", "kf_account_auth_change", "msgaudit_notify", "text")


def test_exactly_these_events_are_handled():
    ours = {pair for pair in registry.registered() if not pair[0].startswith("test.")}
    assert ours == {(event, change) for event, changes in HANDLED.items() for change in changes}


@pytest.mark.parametrize("event", IGNORED)
def test_other_events_are_kept_and_marked_as_ignored(event, db):
    _through_the_inbox(f"<xml><MsgType>event</MsgType><Event>{event}</Event></xml>")
    assert CallbackEvent.objects.get().state == "ignored"


def _through_the_inbox(body, *, received_at=AT, now=None):
    inbox.store(read_message(body), body, now=received_at)
    while drain.handle_next(now=now or received_at):
        pass


@pytest.mark.django_db
class TestNotices:
    def _tell(self, change, at=AT, **fields):
        deliver(xml("customer_acquisition", change, at, **fields), now=AT)

    def test_a_notice_is_kept_once_however_often_it_comes(self):
        for _time in range(3):
            self._tell("quota_expire_soon", ExpireTime="1795968000", ExpireQuotaNum="320")
        notice = CorpNotice.objects.get()
        assert (notice.kind, notice.at) == ("quota_expire_soon", AT)
        assert notice.details == {"ExpireTime": "1795968000", "ExpireQuotaNum": "320"}

    def test_the_newest_notice_of_the_balance_stands_in_whatever_order_they_come(self):
        self._tell("balance_exhausted", AT + timedelta(minutes=2))
        self._tell("balance_low", AT)
        assert balance_notice().kind == "balance_exhausted"
        self._tell("balance_increased", AT + timedelta(minutes=3))
        assert balance_notice() is None

    def test_what_customers_do_with_a_link_is_counted(self):
        self._tell("open_profile", LinkId="caw1", State="ad1")
        self._tell("friend_request", LinkId="caw1", State="ad1")
        self._tell("message_from_customer", LinkId="caw1", ChatKey="KEY")
        self._tell("message_from_customer", AT + timedelta(1), LinkId="caw1", ChatKey="KEY2")
        [link] = link_figures(now=AT + timedelta(days=2))
        assert (link.opened, link.requested, link.started, link.wrote) == (1, 1, 0, 2)
        assert not CorpNotice.objects.filter(details__ChatKey__isnull=False).exists()

    def test_jobs_and_staff_tags_are_told_with_what_came_of_them(self):
        for name in ("batch_job_result", "upload_media_job_finish", "directory_update_tag"):
            deliver((_PAYLOADS / f"{name}.xml").read_text(), now=AT)
        told = {notice.kind: notice for notice in CorpNotice.objects.all()}
        assert told["batch_job_result"].details["JobType"] == "sync_user"
        assert told["batch_job_result"].subject
        assert told["upload_media_job_finish"].subject.startswith("jobid_")
        assert told["update_tag"].details["AddUserItems"] == "wangfang,liuyang"

    def test_the_page_tells_what_to_do(self, operator_client):
        now = timezone.now()
        self._tell("link_unavailable", now, LinkId="caw-broken")
        self._tell("balance_low", now)
        self._tell("open_profile", now, LinkId="caw-good")
        page = operator_client.get("/wecom-notices/")
        assert len(page.context["rows"]) == 3
        content = page.content.decode()
        assert "caw-broken" in content
        assert "caw-good" in content
        assert page.context["balance"].kind == "balance_low"
        only = operator_client.get("/wecom-notices/?kind=balance_low")
        assert len(only.context["rows"]) == 1
        assert "/wecom-notices/" in operator_client.get("/").content.decode()


@pytest.mark.django_db
class TestTimeline:
    @pytest.fixture
    def shop(self, corp):
        corp.state.add_staff("wang", "Wang")
        corp.state.add_contact("wm1", name="Anna")
        corp.state.follow("wang", "wm1")
        return corp

    def test_a_failed_hand_over_is_told_once_with_its_reason(self, shop, operator_client):
        body = xml(
            "change_external_contact",
            "transfer_fail",
            AT,
            UserID="wang",
            ExternalUserID="wm1",
            FailReason="customer_refused",
        )
        deliver(body, body, now=AT)  # also for a customer we had not heard of
        told = ContactEvent.objects.get(kind="transfer_failed")
        assert (told.details["reason"], told.details["staff"]) == ("customer_refused", "wang")
        page = operator_client.get(f"/contacts/{told.contact_id}/").content.decode()
        assert "客户拒绝" in page

    def test_agreeing_to_the_archive_and_first_words_stand_in_the_timeline(self, shop):
        words = xml(
            "customer_acquisition",
            "customer_start_chat",
            AT,
            UserID="wang",
            ExternalUserID="wm1",
            LinkId="caw1",
        )
        agreed = contact_event("msg_audit_approved", "wang", "wm1", AT)
        deliver(words, agreed, words, agreed, now=AT)
        kinds = ContactEvent.objects.exclude(kind="followed").values_list("kind", flat=True)
        assert sorted(kinds) == ["archive_agreed", "started_chat"]
        assert CorpNotice.objects.get().subject == "caw1"

    def test_of_a_stranger_nothing_is_told(self, shop):
        shop.state.add_contact("wm2")
        deliver(contact_event("msg_audit_approved", "wang", "wm2", AT), now=AT)
        assert not ContactEvent.objects.exists()


@pytest.mark.django_db
def test_a_group_is_read_again_two_seconds_after_its_event_without_anybody_waiting(corp):
    corp.state.add_staff("wang", "Wang")
    corp.state.add_contact("wm1")
    corp.state.add_group("wr1", name="Tea", owner="wang", members=["wm1"])
    _through_the_inbox(xml("change_external_chat", "create", AT, ChatId="wr1"))
    row = CallbackEvent.objects.get()
    assert (row.state, row.attempts, row.due_at) == ("new", 0, AT + timedelta(seconds=2))
    assert not corp.state.calls["externalcontact/groupchat/get"]
    drain.handle_next(now=row.due_at)
    assert GroupChat.objects.get().name == "Tea"
    assert GroupMember.objects.count() == 2
