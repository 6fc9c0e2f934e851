"""A customer opens a link in WeChat."""

import http.server
import threading
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from scrm.simulator.browsing import AGENT, open_link
from scrm.simulator.errors import Impossible

AUTHORIZE = "https://open.weixin.qq.com/connect/oauth2/authorize"


@pytest.fixture
def site():
    """A site that leads from / to WeCom's page, and from there to elsewhere."""

    class Site(http.server.BaseHTTPRequestHandler):
        asked = []

        def do_GET(self):
            self.asked.append((self.path, self.headers["User-Agent"]))
            back = quote(f"http://{self.headers['Host']}/back", safe="")
            query = f"appid=wwsimulator000001&redirect_uri={back}&state=s1"
            places = {
                "/": f"{AUTHORIZE}?{query}#wechat_redirect",
                "/stranger": f"{AUTHORIZE}?appid=ww0&redirect_uri={back}",
                "/round": "/round",
            }
            target = places.get(self.path, "https://tea.example.com/")
            self.send_response(302)
            self.send_header("Location", target)
            self.end_headers()

        def log_message(self, *_words):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}).start()
    yield f"http://127.0.0.1:{server.server_port}", Site.asked
    server.shutdown()
    server.server_close()


def test_a_site_that_asks_is_told_who_it_is(state, site):
    address, asked = site
    person = state.add_contact()
    found = open_link(state, person, f"{address}/", trusted={address})
    assert found == {"opened": "https://tea.example.com/", "named": True}
    assert {agent for _path, agent in asked} == {AGENT}
    query = parse_qs(urlsplit(asked[1][0]).query)
    assert query["state"] == ["s1"]
    assert state.login_codes[query["code"][0]].external_userid == person


def test_other_sites_are_never_asked(state, site):
    address, asked = site
    person = state.add_contact()
    assert open_link(state, person, f"{address}/", trusted=()) == {
        "opened": f"{address}/",
        "named": False,
    }
    assert not asked


@pytest.mark.parametrize("path", ["/stranger", "/round", "javascript:alert(1)"])
def test_what_wecom_or_a_browser_refuses_is_told(state, site, path):
    address, _asked = site
    url = path if path.startswith("javascript") else address + path
    with pytest.raises(Impossible):
        open_link(state, state.add_contact(), url, trusted={address})
