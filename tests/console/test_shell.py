"""The console's shell: who gets in, in which language."""


def test_a_stranger_is_sent_to_the_log_in_page(client, db):
    response = client.get("/")
    assert response.status_code == 302
    assert response.headers["Location"].startswith("/admin/login/")


def test_the_home_page_is_chinese_unless_the_operator_chose_english(operator_client):
    assert operator_client.get("/").headers["Content-Language"] == "zh-hans"
    operator_client.cookies["django_language"] = "en"
    assert operator_client.get("/").headers["Content-Language"] == "en"


def test_a_simulated_world_leads_to_its_page_where_the_browser_can_reach_it(
    operator_client, settings
):
    settings.WECOM_SIMULATED = True
    settings.WECOM_BASE_URL = "http://127.0.0.1:8001/cgi-bin/"
    here = operator_client.get("/segments/", headers={"host": "localhost:8000"})
    assert 'href="http://127.0.0.1:8001/sim/"' in here.content.decode()
    elsewhere = operator_client.get("/segments/", headers={"host": "scrm.example"})
    assert "/sim/" not in elsewhere.content.decode()
    settings.WECOM_SIMULATED = False
    real = operator_client.get("/segments/", headers={"host": "localhost:8000"})
    assert "/sim/" not in real.content.decode()
