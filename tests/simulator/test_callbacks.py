from urllib.parse import parse_qs

import pytest
from defusedxml.ElementTree import fromstring

from scrm.simulator import envelope, events
from scrm.simulator.identity import Identity
from scrm.wecom.callback.crypto import Cipher
from tests.simulator.shapes import payload


def _fields(plaintext):
    return {element.tag: element.text for element in fromstring(plaintext)}


def test_an_added_customer_is_told_with_state_and_welcome_code(state, receiver):
    state.add_contact("wmC3")
    code = state.follow("wangfang", "wmC3", state="counter", callback=True, welcome=True)
    assert state.callbacks.settle()
    (plaintext,) = receiver.plaintexts
    assert _fields(plaintext) == {
        "ToUserName": state.identity.corp_id,
        "FromUserName": "sys",
        "CreateTime": _fields(plaintext)["CreateTime"],
        "MsgType": "event",
        "Event": "change_external_contact",
        "ChangeType": "add_external_contact",
        "UserID": "wangfang",
        "ExternalUserID": "wmC3",
        "State": "counter",
        "WelcomeCode": code,
    }


def test_each_act_of_people_has_its_event(state, receiver, taste):
    chat = state.add_group("wrG1", "群", "wangfang", callback=True)
    state.join_group(chat, "wmA1", callback=True)
    state.leave_group(chat, "wmA1", removed=True, callback=True)
    state.change_group(chat, name="新名", callback=True)
    state.dismiss_group(chat, callback=True)
    state.mark("wangfang", "wmA1", taste.green, callback=True)
    state.rename_tag(taste.green, "龙井", callback=True)
    state.delete_tag(taste.green, callback=True)
    state.unfollow_by_contact("wangfang", "wmA1", callback=True)
    state.unfollow_by_staff("wangfang", "wmB2", callback=True)
    assert state.callbacks.settle()
    told = [
        (fields["Event"].removeprefix("change_"), fields["ChangeType"])
        for fields in map(_fields, receiver.plaintexts)
    ]
    assert told == [
        ("external_chat", "create"),
        ("external_chat", "update"),
        ("external_chat", "update"),
        ("external_chat", "update"),
        ("external_chat", "dismiss"),
        ("external_contact", "edit_external_contact"),
        ("external_tag", "update"),
        ("external_tag", "delete"),
        ("external_contact", "del_follow_user"),
        ("external_contact", "del_external_contact"),
    ]
    joined, left = (fromstring(text) for text in receiver.plaintexts[1:3])
    assert joined.findtext("MemChangeList/Item") == "wmA1"
    assert joined.findtext("CurMemVer") == left.findtext("LastMemVer")
    assert left.findtext("QuitScene") == "1"


def test_what_the_api_does_is_not_told(receiver, state, api, taste):
    body = {"userid": "wangfang", "external_userid": "wmA1", "add_tag": [taste.green]}
    assert api.post("externalcontact/mark_tag", body)["errcode"] == 0
    assert state.callbacks.settle()
    assert receiver.plaintexts == []


def test_a_refused_event_is_tried_three_times(state, receiver):
    receiver.refuse = 2
    state.unfollow_by_contact("wangfang", "wmA1", callback=True)
    assert state.callbacks.settle()
    assert len(receiver.plaintexts) == 1
    receiver.refuse = 3
    state.unfollow_by_contact("wangfang", "wmB2", callback=True)
    assert state.callbacks.settle()
    assert len(receiver.plaintexts) == 1
    assert [letter.tries for letter in state.callbacks.failed] == [3]


def test_events_can_be_held_doubled_lost_and_shuffled(state, receiver):
    callbacks = state.callbacks
    callbacks.mode, callbacks.duplicate = "hold", 2
    for number in range(4):
        state.follow("LiNa", state.add_contact(f"wmN{number}"), callback=True)
    callbacks.drop = 1
    state.unfollow_by_contact("wangfang", "wmB2", callback=True)
    assert receiver.plaintexts == []
    assert callbacks.release(shuffle=True, seed=7) == 8
    assert callbacks.settle()
    order = [_fields(text)["ExternalUserID"] for text in receiver.plaintexts]
    assert sorted(order) == sorted(["wmN0", "wmN1", "wmN2", "wmN3"] * 2)
    assert order != sorted(order)


def test_nobody_there_ends_as_failed(state):
    state.callbacks.url, state.callbacks.retry_pause = "http://127.0.0.1:9/", 0
    state.unfollow_by_contact("wangfang", "wmA1", callback=True)
    assert state.callbacks.settle()
    assert state.callbacks.failed_count == 1


def test_the_address_can_be_verified(state, receiver):
    assert state.callbacks.verify(at=state.clock.timestamp())


@pytest.mark.parametrize("source", ["published", "generated"])
def test_envelopes_agree_with_the_vendors_vectors(source):
    """The same plaintexts the vendor's own sample sealed, sealed by us and opened again."""
    vectors = payload("crypto")[source]
    identity = Identity(
        corp_id=vectors["receive_id"],
        callback_token=vectors["token"],
        aes_key=vectors["encoding_aes_key"],
    )
    cipher = Cipher(vectors["token"], vectors["encoding_aes_key"], vectors["receive_id"])
    for vector in vectors["vectors"]:
        sealed = cipher.encrypt(
            vector["plaintext"],
            nonce=vector["nonce"],
            timestamp=vector["timestamp"],
            random16=vector["random_prefix"].encode(),
        )
        assert (sealed.encrypt, sealed.signature) == (vector["encrypt"], vector["msg_signature"])
        query, body = envelope.seal(identity, vector["plaintext"], timestamp=1)
        given = parse_qs(query)
        opened = cipher.decrypt(
            fromstring(body).findtext("Encrypt"),
            signature=given["msg_signature"][0],
            nonce=given["nonce"][0],
            timestamp="1",
        )
        assert opened == vector["plaintext"]


def test_our_event_says_what_the_vendors_vector_says():
    vector = next(
        row
        for row in payload("crypto")["generated"]["vectors"]
        if row["name"] == "event_add_external_contact"
    )
    theirs = _fields(vector["plaintext"])
    ours = events.contact_added(
        theirs["UserID"], theirs["ExternalUserID"], theirs["State"], theirs["WelcomeCode"]
    ).xml(corp_id=theirs["ToUserName"], at=int(theirs["CreateTime"]))
    assert _fields(ours) == theirs
