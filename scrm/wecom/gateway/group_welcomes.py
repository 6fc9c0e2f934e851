"""Welcome messages of groups (入群欢迎语素材): a library that group owners choose from."""

from __future__ import annotations

from typing import Any

from scrm.wecom.gateway.area import Area
from scrm.wecom.gateway.reading import at_most, text
from scrm.wecom.maxima import GROUP_WELCOME_TEXT_BYTES
from scrm.wecom.types.group_welcomes import GroupWelcome

_AREA = "externalcontact/group_welcome_template"
_KINDS = ("image", "link", "miniprogram", "file", "video")


class GroupWelcomes(Area):
    """Templates of this app, at most one hundred of the corp."""

    def add_group_welcome(self, welcome: GroupWelcome, *, notify: bool = True) -> str:
        """添加入群欢迎语素材 (add): the template's id. `notify`: tell the group owners of it.

        Raises QuotaExhausted, MediaExpired; ValueError for a longer text than WeCom takes.
        """
        body = {**_content(welcome), "notify": int(notify)}
        return str(self._transport.change(f"{_AREA}/add", body)["template_id"])

    def group_welcome(self, template_id: str) -> GroupWelcome:
        """获取入群欢迎语素材 (get); of several attachments the one that WeCom prefers."""
        reply = self._transport.post(f"{_AREA}/get", {"template_id": template_id})
        kind = next((kind for kind in _KINDS if reply.get(kind)), "")
        return GroupWelcome(
            text=text(reply.get("text") or {}, "content"),
            attachment={"msgtype": kind, kind: dict(reply[kind])} if kind else None,
        )

    def edit_group_welcome(self, template_id: str, welcome: GroupWelcome) -> None:
        """编辑入群欢迎语素材 (edit): the whole message. Raises NotVisible for another app's."""
        body = {"template_id": template_id, **_content(welcome)}
        self._transport.change(f"{_AREA}/edit", body)

    def delete_group_welcome(self, template_id: str) -> None:
        """删除入群欢迎语素材 (del): groups that use it welcome nobody any more."""
        self._transport.change(f"{_AREA}/del", {"template_id": template_id})


def _content(welcome: GroupWelcome) -> dict[str, Any]:
    at_most(GROUP_WELCOME_TEXT_BYTES, welcome.text.encode(), "text")
    content: dict[str, Any] = {}
    if welcome.text:
        content["text"] = {"content": welcome.text}
    if welcome.attachment:
        kind = str(welcome.attachment["msgtype"])
        content[kind] = dict(welcome.attachment[kind])
    return content
