"""The vendor's npm package `@wecom/crypto` and our cipher open each other's messages.

Runs where `node` is installed and finds the package: globally, or in the folder that NODE_PATH
names (`npm install --prefix /tmp/crypto @wecom/crypto`, NODE_PATH=/tmp/crypto/node_modules).
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess

import pytest

from scrm.wecom import jssdk
from scrm.wecom.callback.crypto import Cipher
from tests.wecom.captured import PAYLOADS

NODE = shutil.which("node")
_ALL = json.loads((PAYLOADS / "crypto_vectors.json").read_text())
_PROGRAM = """
const crypto = require('@wecom/crypto');
const asked = JSON.parse(require('fs').readFileSync(0, 'utf8'));
const made = asked.map(([name, args]) => {
  const value = crypto[name](...args);
  return name === 'decrypt' ? [value.message, value.id] : value;
});
process.stdout.write(JSON.stringify(made));
"""


def _run(program, given=""):
    where = {"PATH": os.environ["PATH"], "NODE_PATH": os.environ.get("NODE_PATH", "")}
    return subprocess.run(
        [NODE, "-e", program],
        input=given,
        capture_output=True,
        text=True,
        env=where,
        timeout=30,
        check=False,
    )


@pytest.fixture(scope="module")
def vendor():
    """Call functions of the package: [(name, arguments), …] in, their values out."""
    if NODE is None:
        pytest.skip("node is not installed")
    if _run("require('@wecom/crypto')").returncode:
        pytest.skip("node does not find the package @wecom/crypto; set NODE_PATH")

    def call(*asked):
        ended = _run(_PROGRAM, json.dumps(asked))
        assert ended.returncode == 0, ended.stderr
        return json.loads(ended.stdout)

    return call


@pytest.mark.parametrize("block", ["published", "generated"])
def test_it_opens_what_we_write_and_signs_as_we_do(vendor, block):
    block = _ALL[block]
    cipher = Cipher(block["token"], block["encoding_aes_key"], block["receive_id"])
    for vector in block["vectors"]:
        nonce, stamp = vector["nonce"], vector["timestamp"]
        made = cipher.encrypt(vector["plaintext"], nonce=nonce, timestamp=stamp)
        opened, signed = vendor(
            ("decrypt", [block["encoding_aes_key"], made.encrypt]),
            ("getSignature", [block["token"], stamp, nonce, made.encrypt]),
        )
        assert opened == [vector["plaintext"], block["receive_id"]]
        assert signed == made.signature


@pytest.mark.parametrize("words", ["<xml/>", "茶" * 11, "🍵小雨您好", "a" * 5000, ""])
def test_we_open_what_it_writes(vendor, words):
    block = _ALL["generated"]
    cipher = Cipher(block["token"], block["encoding_aes_key"], block["receive_id"])
    [sealed] = vendor(("encrypt", [block["encoding_aes_key"], words, block["receive_id"]]))
    [signed] = vendor(("getSignature", [block["token"], "1791770400", "n0", sealed]))
    opened = cipher.decrypt(sealed, signature=signed, nonce="n0", timestamp="1791770400")
    assert opened == words


def test_it_signs_pages_as_we_do(vendor):
    page = {"url": "https://scrm.example.com/?茶=1", "ticket": "t", "nonceStr": "n", "timestamp": 5}
    [signed] = vendor(("getJsApiSignature", [page]))
    ours = jssdk.signature(ticket="t", nonce="n", timestamp=5, url=page["url"])
    assert signed["signature"] == ours
