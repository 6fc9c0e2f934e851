"""What the gateway asks beside the daily sync: profiles, places, everybody served, other ids."""

from __future__ import annotations

import pytest

from scrm import wecom
from scrm.simulator.endpoints.conversions import open_userid, turned
from scrm.wecom.gateway import Gateway


def test_departments_by_id_and_below_one(gateway, shop):
    shop.add_department(5, "春熙路店", 2)
    assert {ref.id for ref in gateway.department_refs()} == {1, 2, 5}
    assert {info.id for info in gateway.departments(below=2)} == {2, 5}
    assert {ref.id for ref in gateway.department_refs(below=5)} == {5}


def test_a_staff_member_is_told_in_full(gateway, shop):
    profile = gateway.staff_profile("zhangwei")
    assert (profile.info.name, profile.info.department_ids) == ("张伟", (1, 2))
    assert (profile.main_department_id, profile.mobile, profile.gender) == (1, "", 0)
    assert [one.kind for one in profile.shown] == [0, 1, 2]
    shop.record("settings", is_old_app=True)
    assert gateway.staff_profile("zhangwei").mobile.startswith("138")
    assert [one.name for one in gateway.staff_names(2)] == ["张伟", "王芳"]


def test_unknown_and_hidden_staff_have_errors_of_their_own(gateway, shop):
    with pytest.raises(wecom.NotFound) as unknown:
        gateway.staff_profile("nobody")
    assert unknown.value.code == 60111
    shop.add_department(9, "总部")
    shop.record("settings", visible_departments="9")
    with pytest.raises(wecom.NotVisible):
        gateway.staff_profile("zhangwei")
    with pytest.raises(wecom.NotVisible):
        gateway.contact_ids("zhangwei")


def test_ids_of_all_staff_are_for_the_secret_of_the_directory(gateway, shop, corp, transport_to):
    with pytest.raises(wecom.Misconfigured) as app:
        list(gateway.staff_places())
    assert app.value.code == 48002
    directory = Gateway(transport_to(corp.api, secret=shop.identity.directory_secret))
    assert [(place.userid, place.department_id) for place in directory.staff_places()] == [
        ("zhangwei", 1),
        ("zhangwei", 2),
        ("wangfang", 2),
    ]
    with pytest.raises(wecom.Misconfigured) as details:
        directory.staff_profile("zhangwei")
    assert details.value.code == 48009


def test_customers_of_one_staff_member(gateway, shop):
    assert gateway.contact_ids("zhangwei") == ["wm-xiaoyu", "wm-sunhao"]
    assert gateway.contact_ids("wangfang") == []


def test_everybody_served_is_walked_to_the_end(gateway, shop):
    stranger = shop.add_contact("wm-stranger", "欧阳宇")
    shop.add_group("wr-1", "茶友群", "zhangwei", members=["wm-xiaoyu", stranger])
    people = list(gateway.served_people())
    assert [person.is_customer for person in people] == [True, True, True, False]
    assert (people[2].chat_id, people[2].external_userid) == ("wr-1", "wm-xiaoyu")
    assert (people[3].name, people[3].chat_name) == ("***宇", "茶友群")
    assert people[2].passing_id == people[0].passing_id != people[1].passing_id


def test_ids_of_wechat_and_of_providers_are_converted(gateway, shop):
    openid = gateway.openid_of("wm-xiaoyu")
    found = gateway.contact_by_unionid(unionid="union-wm-xiaoyu", openid=openid)
    assert found == "wm-xiaoyu"
    with pytest.raises(wecom.Refused):
        gateway.contact_by_unionid(unionid="union-wm-xiaoyu", openid="o-other")
    business = shop.add_contact("wo-chen", kind=2)
    with pytest.raises(wecom.BadRequest):
        gateway.openid_of(business)
    theirs = turned("wm-xiaoyu")
    assert gateway.contact_of_provider(theirs, source_agent_id=7) == "wm-xiaoyu"


def test_any_number_of_provider_ids_is_asked_for(gateway, shop):
    asked = [open_userid("zhangwei"), *(f"wo-{number}" for number in range(1500))]
    found = gateway.staff_of_provider(asked, source_agent_id=7)
    assert found.userids == {open_userid("zhangwei"): "zhangwei"}
    assert len(found.unknown) == 1500
    assert shop.calls["batch/openuserid_to_userid"] == 2


def test_a_group_is_found_by_what_a_mini_program_knows(gateway, shop):
    chat = shop.add_group("wr-1", "茶友群", "zhangwei")
    assert gateway.group_of_opengid(shop.opengid_of(chat)) == chat
    with pytest.raises(wecom.NotFound) as unknown:
        gateway.group_of_opengid("o-none")
    assert unknown.value.code == 90511


def test_groups_are_listed_by_status(gateway, shop):
    shop.add_group("wr-1", "茶友群", "zhangwei")
    shop.remove_staff("zhangwei")
    owned = {"owner_userids": ["zhangwei"]}
    assert [one.chat_id for one in gateway.group_chats(**owned, status=1).items] == ["wr-1"]
    assert gateway.group_chats(**owned, status=3).items == ()
