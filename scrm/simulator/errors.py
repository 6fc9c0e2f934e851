"""WeCom's refusals: the code decides, the words are only for people."""

from __future__ import annotations

import hashlib

OK = 0
SYSTEM_BUSY = -1

# Words as in the vendor's error table; clients must never match on them.
WORDS = {
    -1: "system busy",
    40001: "invalid credential",
    40003: "invalid user id",
    40004: "invalid media type",
    40007: "invalid media_id",
    40008: "invalid msgtype",
    40013: "invalid corpid",
    40014: "invalid access_token",
    40029: "invalid code",
    40031: "invalid userid list",
    40032: "invalid userid list size",
    40033: "invalid charset",
    40056: "invalid agentid",
    40058: "invalid request parameter",
    40063: "some parameters are empty",
    40068: "invalid tag id",
    40071: "tag name already exist",
    40096: "invalid external userid",
    40097: "the user is not resigned",
    40098: "user not real-name verified",
    40099: "customer limit of the user exceeded",
    40100: "customer is being transferred",
    40126: "too many tags",
    40128: "customer transferred too often",
    40130: "handover and takeover are the same",
    41001: "access_token missing",
    41002: "corpid missing",
    41004: "secret missing",
    41037: "missing contact way type",
    41038: "missing contact way scene",
    41039: "invalid contact way type",
    41040: "invalid contact way scene",
    41041: "contact way user list exceed limit",
    41042: "invalid contact way style",
    41043: "missing config_id",
    41044: "invalid config_id",
    41045: "contact way count exceed limit",
    41046: "missing msgid",
    41047: "invalid msgid",
    41048: "no customer to send",
    41049: "missing welcome_code",
    41050: "invalid welcome_code or expired",
    41051: "externaluser has started chatting",
    41056: "invalid external user type",
    41055: "too many group welcome templates",
    41058: "the template belongs to another app",
    41059: "missing moment_id",
    41060: "invalid moment_id",
    41061: "not a sender of the moment",
    41062: "moment is not published",
    41063: "group message is dispatching",
    41054: "user not activated",
    41064: "too many attachments",
    41065: "invalid attachment msgtype",
    41068: "word list too long",
    41069: "too many intercept rules",
    41070: "invalid rule_id",
    41071: "intercept rule deleted",
    41067: "not a moment of the corp",
    41072: "invalid attachment use",
    41074: "product deleted",
    41075: "invalid product_id",
    41076: "applicable range too big",
    41077: "rule name exists",
    41078: "too many moment jobs running",
    41079: "moment is dispatching",
    41080: "invalid attachment size",
    41081: "invalid attachment resolution",
    41082: "invalid attachment duration",
    41083: "invalid intercept word",
    41084: "invalid semantics",
    41085: "invalid product_sn",
    41086: "invalid price",
    41087: "invalid description",
    41088: "missing attachments",
    41090: "not an mp4 video",
    41091: "too many chats of a join way",
    41093: "group message cancelled",
    41094: "remind too frequently",
    41096: "another app is sending the welcome",
    41095: "customer acquisition links used up",
    42001: "access_token expired",
    42003: "code expired",
    42022: "code has been used",
    45001: "media size out of limit",
    45002: "content size out of limit",
    45009: "api freq out of limit",
    45033: "api concurrent out of limit",
    48002: "api forbidden",
    48009: "api forbidden for the directory secret",
    60011: "no privilege to access or modify contact, party, agent",
    60020: "not allow to access from your ip",
    60111: "userid not found",
    60123: "invalid party id",
    81013: "all receivers are invalid",
    81017: "too many items",
    84061: "not external contact",
    84074: "no external contact permission",
    90500: "the owner of this chat is not resigned",
    90501: "invalid chat_id",
    90502: "the owner of this chat is resigned",
    90503: "the new owner has too many chats",
    90504: "the new owner is the owner already",
    90508: "this chat was handed over already",
    90511: "invalid opengid",
    610014: "unionid cannot be converted",
}


class ApiError(Exception):
    """WeCom answers with this code; `extra` stands beside errcode in the body."""

    def __init__(self, code: int, detail: str = "", **extra: object) -> None:
        super().__init__(code, detail)
        self.code, self.detail, self.extra = code, detail, extra

    def body(self, *, second: int) -> dict[str, object]:
        """The answer in WeCom's form, with the hint id that operators send to its support."""
        words = self.detail or WORDS.get(self.code, "error")
        digest = hashlib.sha256(f"{self.code}{words}{second}".encode()).hexdigest()[:12]
        message = (
            f"{words}, hint: [{second}_{digest}], from ip: 127.0.0.1, more info at "
            f"https://open.work.weixin.qq.com/devtool/query?e={self.code}"
        )
        return {"errcode": self.code, "errmsg": message, **self.extra}


class Impossible(ValueError):
    """An act of a person that the world does not allow; `field` names the wrong value."""

    def __init__(self, message: str, *, field: str = "") -> None:
        super().__init__(message)
        self.field = field
