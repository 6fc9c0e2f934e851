"""WeCom's error codes (错误码): code → what it means for the caller, and words for the operator.

Source: 全局错误码 of the vendor's documentation. Decide on codes only, the texts change. A code
that is not listed is a plain `Refused`: WeCom answered, and its answer was no.
"""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from scrm.wecom import errors as e

SYSTEM_BUSY = -1
TOKEN_REFUSED = frozenset({40014, 42001})
RATE_LIMITED = frozenset({45009, 45011})

_SECRET = _("Check WECOM_SECRET (应用管理 › your app › Secret) and that the app is enabled.")
_CORP_ID = _("Check WECOM_CORP_ID: 我的企业 › 企业信息 › 企业ID.")
_AGENT = _("Check WECOM_AGENT_ID: it must be the AgentId of the app that WECOM_SECRET belongs to.")
_CALLABLE = _("Add the app under 客户与上下游 › 客户联系 › API › 可调用接口的应用.")
_IP = _("Add this server's outgoing IP under 应用管理 › your app › 企业可信IP; wait a minute.")
_DIRECTORY = _("Use the secret of a self-built app, not the one of 通讯录同步.")
_UNUSED = _("WeCom withdrew the permission of an unused app. An administrator must renew it.")
_VERIFY = _("The corp must be verified (企业认证) first.")
_REAL_NAME = _("The staff member must verify their real name (实名认证) in WeCom.")
_ACTIVATE = _("The staff member has not activated their WeCom account yet.")
_FUNCTION = _("Give the staff member the customer function: 客户联系 › 权限配置 › 使用范围.")
_STAFF_GONE = _("The staff member left, or is outside the app's range. Start a sync.")
_CUSTOMER_GONE = _(
    "The customer is unknown here or all their staff are out of range. Start a sync."
)
_TAG_GONE = _("The tag or its group was deleted in WeCom. Start a sync.")
_TAG_EXISTS = _("A tag of this name exists already. Start a sync and use that one.")
_TOO_LONG = _("The text or a list is too long. Shorten it.")
_ATTACHMENTS = _("At most nine attachments: picture, link, mini program, video or file.")
_FILE = _("The file is too big or of the wrong kind for WeCom.")
_CONTACT_WAYS = _("The corp has used up its QR codes (联系我). Delete old ones in the list.")
_TEMPLATES = _("The corp's one hundred group welcomes are used up. Delete old ones.")

# code → (class, advice); an empty advice means the one of the class.
CODES: dict[int, tuple[type[e.WeComError], str]] = {
    -1: (e.OutcomeUnknown, ""),
    6000: (e.Busy, ""),
    40001: (e.Misconfigured, _SECRET),
    40003: (e.NotFound, _STAFF_GONE),
    40007: (e.MediaExpired, ""),
    40013: (e.Misconfigured, _CORP_ID),
    40014: (e.TokenInvalid, ""),
    40031: (e.BadRequest, ""),
    40032: (e.BadRequest, _TOO_LONG),
    40033: (e.BadRequest, ""),
    40056: (e.Misconfigured, _AGENT),
    40058: (e.BadRequest, ""),
    40063: (e.BadRequest, ""),
    40068: (e.NotFound, _TAG_GONE),
    40071: (e.BadRequest, _TAG_EXISTS),
    40096: (e.NotFound, _CUSTOMER_GONE),
    40098: (e.Refused, _REAL_NAME),
    41001: (e.BadRequest, ""),
    41002: (e.Misconfigured, _CORP_ID),
    41004: (e.Misconfigured, _SECRET),
    41045: (e.Refused, _CONTACT_WAYS),
    41046: (e.BadRequest, ""),
    41047: (e.NotFound, ""),
    41048: (e.NobodyToSend, ""),
    41049: (e.BadRequest, ""),
    41050: (e.WelcomeExpired, ""),
    41051: (e.WelcomeTaken, ""),
    41054: (e.Refused, _ACTIVATE),
    41055: (e.Refused, _TEMPLATES),
    41063: (e.StillDispatching, ""),
    41064: (e.BadRequest, _ATTACHMENTS),
    41065: (e.BadRequest, _ATTACHMENTS),
    41078: (e.Busy, ""),
    41079: (e.StillDispatching, ""),
    41093: (e.AlreadyCancelled, ""),
    41094: (e.TooManyReminders, ""),
    41096: (e.WelcomeContested, ""),
    42001: (e.TokenInvalid, ""),
    43009: (e.Misconfigured, _VERIFY),
    45001: (e.BadRequest, _FILE),
    45002: (e.BadRequest, _TOO_LONG),
    45009: (e.RateLimited, ""),
    45011: (e.RateLimited, ""),
    45033: (e.Busy, ""),
    48002: (e.Misconfigured, _CALLABLE),
    48006: (e.Misconfigured, _UNUSED),
    48009: (e.Misconfigured, _DIRECTORY),
    50003: (e.Misconfigured, _SECRET),
    60011: (e.NotVisible, ""),
    60020: (e.Misconfigured, _IP),
    60111: (e.NotFound, _STAFF_GONE),
    60123: (e.NotFound, ""),
    81017: (e.BadRequest, _TOO_LONG),
    84061: (e.NoRelation, ""),
    84074: (e.NotVisible, _FUNCTION),
    84084: (e.NoRelation, ""),
    301002: (e.Misconfigured, _AGENT),
    610016: (e.Misconfigured, _VERIFY),
}


def error_for(code: int, message: str, path: str) -> e.WeComError:
    """The error a non-zero errcode stands for."""
    kind, hint = CODES.get(code, (e.Refused, ""))
    return kind(code, message, path, hint=hint)
