"""The console's shell: who gets in, in which language."""


def test_a_stranger_is_sent_to_the_log_in_page(client, db):
    response = client.get("/")
    assert response.status_code == 302
    assert response.headers["Location"].startswith("/admin/login/")


def test_the_home_page_is_chinese_unless_the_operator_chose_english(operator_client):
    assert operator_client.get("/").headers["Content-Language"] == "zh-hans"
    operator_client.cookies["django_language"] = "en"
    assert operator_client.get("/").headers["Content-Language"] == "en"
