from datetime import timedelta

from tests.simulator.shapes import assert_shape


def test_answers_have_the_shape_of_the_real_ones(api):
    assert_shape(api.upload("media/upload", b"picture", type="image"), "upload")
    assert_shape(api.upload("media/uploadimg", b"picture", field="any"), "uploadimg")


def test_uploads_must_fit(api):
    assert api.upload("media/upload", b"12345", type="image")["errcode"] == 45001
    assert api.upload("media/upload", b"x" * 2_097_153, type="voice")["errcode"] == 45001
    assert api.upload("media/upload", b"picture", type="song")["errcode"] == 40004
    assert api.upload("media/upload", b"picture", field="x", type="image")["errcode"] == 40063
    assert api.request("POST", "media/uploadimg")["errcode"] == 40063


def test_a_media_id_lives_three_days(state, api):
    media_id = api.upload("media/upload", b"picture", type="image")["media_id"]
    image = {"msgtype": "image", "image": {"media_id": media_id}}
    body = {"sender": "wangfang", "attachments": [image]}
    path = "externalcontact/add_msg_template"
    assert api.post(path, body)["errcode"] == 0
    state.clock.advance(timedelta(days=3, seconds=1))
    assert api.log_in().post(path, body)["errcode"] == 40007
