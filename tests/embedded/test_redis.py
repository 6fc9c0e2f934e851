"""The embedded Redis keeps what it accepted."""

from __future__ import annotations

import redis

from scrm.embedded.redis import EmbeddedRedis


def test_what_was_written_is_there_after_a_kill(tmp_path):
    server = EmbeddedRedis(tmp_path / "data", tmp_path / "s" / "r.sock", tmp_path / "log")
    server.start()
    client = redis.Redis(unix_socket_path=str(server.socket))
    client.config_set("appendfsync", "always")
    client.set("kept", "7")
    client.close()
    server.process.kill()
    server.process.wait()
    server.start()
    client = redis.Redis(unix_socket_path=str(server.socket))
    assert client.get("kept") == b"7"
    client.close()
    server.stop()
