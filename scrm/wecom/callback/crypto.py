"""Encryption of WeCom's callbacks (回调加解密). Pure: no Django, no clock, no network.

AES-256-CBC with the first 16 bytes of the key as IV over
`16 random bytes | length of the message, 4 bytes big-endian | message | receive id`,
padded as in PKCS#7 but to multiples of 32; signed with SHA-1 over the sorted parts.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers import Cipher as BlockCipher
from cryptography.hazmat.primitives.ciphers import algorithms, modes

_BLOCK = 32
_RANDOM = 16
_LENGTH = 4
_AES_BLOCK = 16


class Forged(Exception):
    """Not from WeCom, not for us, or damaged. The reason is for the log, never for the sender."""


@dataclass(frozen=True, slots=True)
class Encrypted:
    """What goes over the wire: base64 cipher text, and its signature in lower-case hex."""

    encrypt: str
    signature: str


class Cipher:
    """Encrypts, signs and opens messages of one app.

    `token` and `aes_key` (EncodingAESKey, 43 characters) as in the app's 接收消息 page;
    `receive_id` is the corp id. Raises ValueError when the key has the wrong shape.
    """

    def __init__(self, token: str, aes_key: str, receive_id: str) -> None:
        self._token = token
        self._receive_id = receive_id.encode()
        self._key = _key(aes_key)

    def encrypt(
        self, plaintext: str, *, nonce: str, timestamp: str, random16: bytes | None = None
    ) -> Encrypted:
        """Encrypt as WeCom does. With `random16` given the result is always the same."""
        message = plaintext.encode()
        random = secrets.token_bytes(_RANDOM) if random16 is None else random16
        if len(random) != _RANDOM:
            raise ValueError("random16 must be 16 bytes")
        data = random + len(message).to_bytes(_LENGTH, "big") + message + self._receive_id
        pad = _BLOCK - len(data) % _BLOCK
        encryptor = self._cipher().encryptor()
        sealed = encryptor.update(data + bytes([pad]) * pad) + encryptor.finalize()
        encrypt = base64.b64encode(sealed).decode()
        return Encrypted(encrypt, self._signature(timestamp, nonce, encrypt))

    def decrypt(self, encrypt: str, *, signature: str, nonce: str, timestamp: str) -> str:
        """The plain text of a message that is signed, whole and meant for us; else Forged."""
        expected = self._signature(timestamp, nonce, encrypt)
        if not hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace")):
            raise Forged("wrong signature")
        data = self._open(_unbase64(encrypt))
        size = int.from_bytes(data[_RANDOM : _RANDOM + _LENGTH], "big")
        start = _RANDOM + _LENGTH
        message, receive_id = data[start : start + size], data[start + size :]
        if len(message) != size:
            raise Forged("length does not fit")
        if not hmac.compare_digest(receive_id, self._receive_id):
            raise Forged("meant for another corp")
        try:
            return message.decode()
        except UnicodeDecodeError:
            raise Forged("not UTF-8") from None

    def verify_echo(self, echostr: str, *, signature: str, nonce: str, timestamp: str) -> str:
        """The text to answer WeCom's URL check (验证URL) with, bare; else Forged."""
        return self.decrypt(echostr, signature=signature, nonce=nonce, timestamp=timestamp)

    def _signature(self, timestamp: str, nonce: str, encrypt: str) -> str:
        parts = "".join(sorted((self._token, timestamp, nonce, encrypt)))
        # SHA-1 is what the vendor's protocol says.
        return hashlib.sha1(parts.encode("utf-8", "replace"), usedforsecurity=False).hexdigest()

    def _cipher(self) -> BlockCipher[modes.CBC]:
        return BlockCipher(algorithms.AES256(self._key), modes.CBC(self._key[:_AES_BLOCK]))

    def _open(self, sealed: bytes) -> bytes:
        """Decrypt and take the padding off, every byte of it checked."""
        if not sealed or len(sealed) % _BLOCK:
            raise Forged("not whole blocks")
        decryptor = self._cipher().decryptor()
        data = decryptor.update(sealed) + decryptor.finalize()
        pad = data[-1]
        if not 1 <= pad <= _BLOCK or not hmac.compare_digest(data[-pad:], bytes([pad]) * pad):
            raise Forged("bad padding")
        if len(data) - pad < _RANDOM + _LENGTH:
            raise Forged("too short")
        return data[:-pad]


def _key(aes_key: str) -> bytes:
    # The last of the 43 characters may have spare bits set, which a strict decoder refuses.
    try:
        key = base64.b64decode(aes_key + "=")
    except (binascii.Error, ValueError):
        raise ValueError("EncodingAESKey is not base64") from None
    if len(aes_key) != 43 or len(key) != 32:
        raise ValueError("EncodingAESKey must have 43 characters")
    return key


def _unbase64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Forged("not base64") from None
