"""Chats of staff that the app makes and writes into (应用群聊)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from scrm.wecom.gateway.area import Area
from scrm.wecom.gateway.reading import at_most, text, texts
from scrm.wecom.maxima import APP_CHAT_ID_CHARS
from scrm.wecom.types.app_chats import AppChat
from scrm.wecom.types.notices import AppMessage


class AppChats(Area):
    """Needs an app whose visible range is the whole corp; only chats it made itself."""

    def create_app_chat(
        self, *, userids: Sequence[str], name: str = "", owner: str = "", chatid: str = ""
    ) -> str:
        """创建群聊会话 (appchat/create) of at least two staff: its chatid, ours or WeCom's choice.

        1,000 a day (RateLimited). With a `chatid` of ours a second call makes no second chat.
        """
        at_most(APP_CHAT_ID_CHARS, chatid, "chatid")
        body: dict[str, Any] = {"userlist": list(userids)}
        body |= {key: value for key, value in _named(chatid, name, owner).items() if value}
        return str(self._transport.change("appchat/create", body)["chatid"])

    def change_app_chat(
        self,
        chatid: str,
        *,
        name: str = "",
        owner: str = "",
        joining: Sequence[str] = (),
        leaving: Sequence[str] = (),
    ) -> None:
        """修改群聊会话 (appchat/update); what is empty stays. 1,000 an hour (RateLimited)."""
        body: dict[str, Any] = {
            **_named(chatid, name, owner),
            "add_user_list": list(joining),
            "del_user_list": list(leaving),
        }
        self._transport.change("appchat/update", {k: v for k, v in body.items() if v})

    def app_chat(self, chatid: str) -> AppChat:
        """获取群聊会话 (appchat/get)."""
        info = self._transport.get("appchat/get", {"chatid": chatid}).get("chat_info") or {}
        return AppChat(
            chatid=text(info, "chatid"),
            name=text(info, "name"),
            owner=text(info, "owner"),
            userids=texts(info, "userlist"),
        )

    def send_to_app_chat(
        self, chatid: str, message: AppMessage, *, mentioned: Sequence[str] = ()
    ) -> None:
        """应用推送消息 (appchat/send). `mentioned`: userids or @all, of a text only.

        Who got more than 200 a minute or 10,000 a day gets no more, without a word.
        """
        content = dict(message.content)
        if mentioned:
            content["mentioned_list"] = list(mentioned)
        body = {"chatid": chatid, "msgtype": message.msgtype, message.msgtype: content}
        self._transport.change("appchat/send", body)


def _named(chatid: str, name: str, owner: str) -> dict[str, Any]:
    return {"chatid": chatid, "name": name, "owner": owner}
