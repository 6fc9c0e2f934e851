"""The vendor's vectors, and that damage of any kind is refused in one way."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrm.wecom.callback.crypto import Cipher, Forged

_ALL = json.loads((Path(__file__).parent / "payloads" / "crypto_vectors.json").read_text())
_VECTORS = [
    pytest.param(block, vector, id=vector["name"])
    for block in (_ALL["published"], _ALL["generated"])
    for vector in block["vectors"]
]
_OURS = _ALL["generated"]


def _cipher(block=_OURS, **overrides):
    return Cipher(
        overrides.get("token", block["token"]),
        overrides.get("aes_key", block["encoding_aes_key"]),
        overrides.get("receive_id", block["receive_id"]),
    )


def _envelope(vector):
    return {
        "signature": vector["msg_signature"],
        "nonce": vector["nonce"],
        "timestamp": vector["timestamp"],
    }


@pytest.mark.parametrize(("block", "vector"), _VECTORS)
def test_a_vendor_message_opens_to_its_text(block, vector):
    assert _cipher(block).decrypt(vector["encrypt"], **_envelope(vector)) == vector["plaintext"]


@pytest.mark.parametrize(("block", "vector"), _VECTORS)
def test_with_the_same_random_bytes_we_write_what_the_vendor_writes(block, vector):
    made = _cipher(block).encrypt(
        vector["plaintext"],
        nonce=vector["nonce"],
        timestamp=vector["timestamp"],
        random16=vector["random_prefix"].encode(),
    )
    assert (made.encrypt, made.signature) == (vector["encrypt"], vector["msg_signature"])


@pytest.mark.parametrize(
    "vector", _OURS["must_be_rejected"], ids=[v["name"] for v in _OURS["must_be_rejected"]]
)
def test_what_the_vendor_says_to_reject_is_forged(vector):
    with pytest.raises(Forged):
        _cipher().decrypt(vector["encrypt"], **_envelope(vector))


def test_the_url_check_gives_the_bare_text():
    vector = _OURS["vectors"][0]
    assert _cipher().verify_echo(vector["encrypt"], **_envelope(vector)) == vector["plaintext"]


@pytest.mark.parametrize("other", ["token", "receive_id"])
def test_another_apps_message_is_forged(other):
    made = _cipher(**{other: "somebody-else"}).encrypt("<xml/>", nonce="1", timestamp="2")
    with pytest.raises(Forged):
        _cipher().decrypt(made.encrypt, signature=made.signature, nonce="1", timestamp="2")


@pytest.mark.parametrize("key", ["", "short", "@" * 43, "a" * 44, "ß" * 43])
def test_a_key_of_the_wrong_shape_is_refused_at_once(key):
    with pytest.raises(ValueError, match="EncodingAESKey"):
        Cipher("token", key, "ww1")


@given(st.text(), st.text(max_size=30), st.text(alphabet="0123456789", max_size=12))
def test_any_text_survives_the_way_there_and_back(text, nonce, timestamp):
    text = text.encode("utf-8", "ignore").decode()
    made = _cipher().encrypt(text, nonce=nonce, timestamp=timestamp)
    opened = _cipher().decrypt(
        made.encrypt, signature=made.signature, nonce=nonce, timestamp=timestamp
    )
    assert opened == text


def _signed(encrypt):
    parts = sorted([_OURS["token"], "1", "2", encrypt])
    signature = hashlib.sha1("".join(parts).encode("utf-8", "replace")).hexdigest()
    return {"signature": signature, "timestamp": "1", "nonce": "2"}


@given(st.integers(min_value=0, max_value=10_000))
def test_a_flipped_bit_behind_a_right_signature_never_passes_as_another_text(bit):
    vector = _OURS["vectors"][1]
    sealed = bytearray(base64.b64decode(vector["encrypt"]))
    position = bit % (len(sealed) * 8)
    sealed[position // 8] ^= 1 << position % 8
    encrypt = base64.b64encode(bytes(sealed)).decode()
    try:
        opened = _cipher().decrypt(encrypt, **_signed(encrypt))
    except Forged:
        return
    # CBC alone cannot see damage inside the text; the signature is what protects it. Here it
    # was made anew, so all we ask for is a text of the same length or a refusal.
    assert len(opened.encode()) == vector["msg_len"]


@given(st.one_of(st.text(), st.binary().map(lambda raw: base64.b64encode(raw).decode())))
def test_noise_behind_a_right_signature_is_forged(encrypt):
    with pytest.raises(Forged):
        _cipher().decrypt(encrypt, **_signed(encrypt))


@given(st.text(), st.text(), st.text(), st.text())
def test_noise_is_forged(encrypt, signature, nonce, timestamp):
    with pytest.raises(Forged):
        _cipher().decrypt(encrypt, signature=signature, nonce=nonce, timestamp=timestamp)
