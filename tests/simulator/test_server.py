import http.client
import json
import socket
import threading

import pytest

from scrm.simulator.server import Server


@pytest.fixture
def server(state):
    with Server(state) as started:
        yield started


def _ask(port, method, path, body=None, headers=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request(method, path, body, headers or {})
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, content


def test_a_body_needs_no_content_type(server, api):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.putrequest(
        "POST", f"/cgi-bin/externalcontact/get_corp_tag_list?access_token={api.token}"
    )
    connection.putheader("Content-Length", "2")
    connection.endheaders(b"{}")
    assert json.loads(connection.getresponse().read())["tag_group"] == []
    connection.close()


def test_a_body_may_come_in_chunks(server, api):
    body = iter([b'{"group_id"', b":[]}"])
    path = f"/cgi-bin/externalcontact/get_corp_tag_list?access_token={api.token}"
    status, content = _ask(server.port, "POST", path, body)
    assert (status, json.loads(content)["errcode"]) == (200, 0)


def test_files_are_uploaded_as_a_form(server, state, api):
    body = (
        b'--edge\r\nContent-Disposition: form-data; name="media"; filename="a.png"\r\n'
        b"Content-Type: application/octet-stream\r\n\r\n\x89PNG\r\n\x00\xff\r\n--edge--\r\n"
    )
    status, content = _ask(
        server.port,
        "POST",
        f"/cgi-bin/media/upload?type=image&access_token={api.token}",
        body,
        {"Content-Type": "multipart/form-data; boundary=edge"},
    )
    assert status == 200
    media = state.media[json.loads(content)["media_id"]]
    assert (media.filename, media.size) == ("a.png", 8)


def test_connections_are_kept_and_cut_at_the_end(state, api):
    server = Server(state).start()
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    path = f"/cgi-bin/getcallbackip?access_token={api.token}"
    for _call in range(3):
        connection.request("GET", path)
        assert json.loads(connection.getresponse().read())["errcode"] == 0
    server.stop()
    with pytest.raises((http.client.HTTPException, OSError)):
        _once_more(connection, path)
    connection.close()


def _once_more(connection, path):
    connection.request("GET", path)
    return connection.getresponse()


def test_only_this_machine_can_connect(server):
    assert server.url.startswith("http://127.0.0.1:")
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        assert connection.getpeername()[0] == "127.0.0.1"


def test_the_parallel_limit_holds_over_http(server, state, api):
    state.record("settings", latency_seconds=0.2, parallel_calls=2)
    codes = []

    def call():
        path = f"/cgi-bin/getcallbackip?access_token={api.token}"
        codes.append(json.loads(_ask(server.port, "GET", path)[1])["errcode"])

    threads = [threading.Thread(target=call) for _thread in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert state.limits.peak_parallel["getcallbackip"] == 2
    assert set(codes) == {0, 45033}
