"""WeCom's error codes (错误码): code → what it means for the caller, and words for the operator.

Source: 全局错误码 of the vendor's documentation. Decide on codes only, the texts change. A code
that is not listed is a plain `Refused`: WeCom answered, and its answer was no.
"""

from __future__ import annotations

import ipaddress
import re

from django.utils.translation import gettext_noop as _

from scrm.wecom import errors as e

SYSTEM_BUSY = -1
TOKEN_REFUSED = frozenset({40014, 42001})
RATE_LIMITED = frozenset({45009, 45011})
TOO_MANY_AT_ONCE = 45033

_SECRET = _("Check WECOM_SECRET (应用管理 › your app › Secret) and that the app is enabled.")
_CORP_ID = _("Check WECOM_CORP_ID: 我的企业 › 企业信息 › 企业ID.")
_AGENT = _("Check WECOM_AGENT_ID: it must be the AgentId of the app that WECOM_SECRET belongs to.")
_CALLABLE = _("Add the app under 客户与上下游 › 客户联系 › API › 可调用接口的应用.")
_CALLABLE_PAY = _("Add the app under 对外收款 › 可调用接口的应用.")
_CALLABLE_KF = _("Add the app under 微信客服 › 可调用接口的应用, and give it the account.")
_IP = _("Add this server's outgoing IP under 应用管理 › your app › 企业可信IP; wait a minute.")
_IP_NAMED = _("Add %(ip)s under 应用管理 › your app › 企业可信IP; it works a minute later.")
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
_TOO_LONG = _("The text or a list is too long. Shorten it.")
_ATTACHMENTS = _("At most nine attachments: picture, link, mini program, video or file.")
_FILE = _("The file is too big or of the wrong kind for WeCom.")
_RECEIVER_FULL = _("The receiving staff member has no room for more customers.")
_IN_TRANSFER = _("This customer is being handed over already. Wait 24 hours.")
_TWICE = _("A customer can be handed over twice in 90 days.")
_STILL_HERE = _("The staff member has not left the corp. Hand over on the job instead.")
_SAME_PERSON = _("Giver and receiver are the same person.")
_NOT_A_CUSTOMER_GROUP = _("This is not a customer group.")
_OWNER_LEFT = _("The group's owner has left. Use the handover of resigned staff.")
_GROUP_FULL = _("The receiver owns as many groups as WeCom allows.")
_GROUP_DONE = _("This group was handed over already.")
_INACTIVE = _("Nobody signed in to WeCom for a year.")
_TOO_MANY_STAFF = _("A QR code leads to at most one hundred staff, departments included.")
_LINKS = _("The corp's acquisition links (获客助手) are used up.")
_FIVE_GROUPS = _("A group QR code leads to at most five groups.")
_NOT_OURS = _("Another app made this. It can only be changed there.")
_RULES = _("The corp's one hundred sensitive-word rules are used up. Delete old ones.")
_NAME_TAKEN = _("This name is taken. Choose another one.")
_MOMENT_KIND = _("This moment cannot be read this way.")
_NOT_PUBLISHED = _("The staff member has not published this moment yet.")
_DOMAIN = _("Add this site's domain: 应用管理 › your app › 网页授权及JS-SDK › 可信域名.")
_TICKET = _("The signature of the page was refused. Open the page again.")
_RECEIVERS = _("None of the receivers is in the app's visible range.")
_REQUEST = _("The call was built wrongly. Update the software, or report the code and the path.")
_CHARACTERS = _("The text holds a character that WeCom does not take. Type it without that one.")
_TOKEN_MISSING = _("A call went out without its access token. Restart the service.")
_MATERIAL_TYPE = _("Material of this kind cannot be used here. Choose another file.")
_CONVERSION = _("WeCom cannot convert this id. Bind the WeChat developer id in WeCom first.")
_WAY = _("A setting of the QR code (联系我) is wrong. Open it, correct it and save it again.")
_WAY_GONE = _("This QR code was deleted in WeCom. Make a new one.")
_MESSAGE_GONE = _("WeCom does not know this message task any more. Nothing is left to do.")
_SEND_TIME = _("The time to send at is not possible. Choose another one.")
_NOT_AGREED = _("The customer has not agreed to chat archiving yet. Wait for their consent.")
_MOMENT_GONE = _("WeCom does not know this moment any more: it was deleted. Start a sync.")
_WORDS = _("A sensitive word or its kind is not allowed. Shorten or change it.")
_RULE_GONE = _("This sensitive-word rule was deleted in WeCom. Make a new one.")
_PRODUCT = _("The product needs a text, a price, a plain item number and a picture. Correct it.")
_PRODUCT_GONE = _("This product of the album (商品图册) was deleted in WeCom. Make a new one.")
_DEPARTMENT_GONE = _("The department was deleted in WeCom. Start a sync.")
_OPENGID = _("WeCom does not know this group's WeChat id. Open the group from WeCom again.")
_NOT_SERVICE = _("This person is no service member of the corp. Choose another one.")
_KF = _("WeChat customer service (微信客服) refused it. Look at the account's settings there.")
_KF_FIVE = _("Five messages were sent since the customer wrote. Wait until they write again.")
_KF_LATE = _("The customer wrote more than 48 hours ago. Wait until they write again.")
_KF_STATE = _("The service chat is in another state. Take it over in WeCom first.")
_ARCHIVE = _("Chat archiving (会话内容存档) refused it. Check its permission, period and IP.")
_LICENCE = _("None of the staff has an interop licence. Buy or assign licences.")
_CONTACT_WAYS = _("The corp has used up its QR codes (联系我). Delete old ones in the list.")
_TEMPLATES = _("The corp's one hundred group welcomes are used up. Delete old ones.")

# code → (class, advice); an empty advice means the one of the class.
CODES: dict[int, tuple[type[e.WeComError], str]] = {
    -1: (e.OutcomeUnknown, ""),
    6000: (e.Busy, ""),
    40001: (e.Misconfigured, _SECRET),
    40003: (e.NotFound, _STAFF_GONE),
    40004: (e.BadRequest, _FILE),
    40007: (e.MediaExpired, ""),
    40008: (e.BadRequest, _MATERIAL_TYPE),
    40013: (e.Misconfigured, _CORP_ID),
    40014: (e.TokenInvalid, ""),
    40029: (e.LoginFailed, ""),
    40031: (e.BadRequest, _STAFF_GONE),
    40032: (e.BadRequest, _TOO_LONG),
    40033: (e.BadRequest, _CHARACTERS),
    40056: (e.Misconfigured, _AGENT),
    40058: (e.BadRequest, ""),
    40063: (e.BadRequest, ""),
    40068: (e.NotFound, _TAG_GONE),
    40071: (e.TagExists, ""),
    40093: (e.Refused, _TICKET),
    40096: (e.NotFound, _CUSTOMER_GONE),
    40097: (e.TransferRefused, _STILL_HERE),
    40098: (e.Refused, _REAL_NAME),
    40099: (e.TransferRefused, _RECEIVER_FULL),
    40100: (e.TransferRefused, _IN_TRANSFER),
    40126: (e.QuotaExhausted, ""),
    40128: (e.TransferRefused, _TWICE),
    40129: (e.TransferRefused, _IN_TRANSFER),
    40130: (e.TransferRefused, _SAME_PERSON),
    40131: (e.NoRelation, ""),
    41001: (e.BadRequest, _TOKEN_MISSING),
    41002: (e.Misconfigured, _CORP_ID),
    41004: (e.Misconfigured, _SECRET),
    **dict.fromkeys((*range(41035, 41041), 41042, 41043), (e.BadRequest, _WAY)),
    41041: (e.BadRequest, _TOO_MANY_STAFF),
    41044: (e.NotFound, _WAY_GONE),
    41045: (e.QuotaExhausted, _CONTACT_WAYS),
    41046: (e.BadRequest, _REQUEST),
    41047: (e.NotFound, _MESSAGE_GONE),
    41048: (e.NobodyToSend, ""),
    41049: (e.BadRequest, _REQUEST),
    41050: (e.WelcomeExpired, ""),
    41051: (e.WelcomeTaken, ""),
    41052: (e.BadRequest, _SEND_TIME),
    41053: (e.Refused, _NOT_AGREED),
    41054: (e.Refused, _ACTIVATE),
    41055: (e.QuotaExhausted, _TEMPLATES),
    41056: (e.BadRequest, _CONVERSION),
    41057: (e.Misconfigured, _CONVERSION),
    41058: (e.NotVisible, _NOT_OURS),
    41059: (e.BadRequest, _REQUEST),
    41060: (e.NotFound, _MOMENT_GONE),
    41061: (e.BadRequest, _MOMENT_KIND),
    41062: (e.Refused, _NOT_PUBLISHED),
    41063: (e.StillDispatching, ""),
    41064: (e.BadRequest, _ATTACHMENTS),
    41065: (e.BadRequest, _ATTACHMENTS),
    41067: (e.BadRequest, _MOMENT_KIND),
    41068: (e.BadRequest, _TOO_LONG),
    41069: (e.QuotaExhausted, _RULES),
    41070: (e.NotFound, _RULE_GONE),
    41071: (e.NotFound, _RULE_GONE),
    41072: (e.BadRequest, _MATERIAL_TYPE),
    41073: (e.BadRequest, _PRODUCT),
    41074: (e.NotFound, _PRODUCT_GONE),
    41075: (e.NotFound, _PRODUCT_GONE),
    41076: (e.BadRequest, _TOO_LONG),
    41077: (e.BadRequest, _NAME_TAKEN),
    41078: (e.TooManyJobs, ""),
    41079: (e.StillDispatching, ""),
    **dict.fromkeys((41080, 41081, 41082, 41090), (e.BadRequest, _FILE)),
    41083: (e.BadRequest, _WORDS),
    41084: (e.BadRequest, _WORDS),
    **dict.fromkeys(range(41085, 41089), (e.BadRequest, _PRODUCT)),
    41091: (e.BadRequest, _FIVE_GROUPS),
    41093: (e.AlreadyCancelled, ""),
    41094: (e.TooManyReminders, ""),
    41095: (e.QuotaExhausted, _LINKS),
    41096: (e.WelcomeContested, ""),
    42001: (e.TokenInvalid, ""),
    42003: (e.LoginFailed, ""),
    42012: (e.Refused, _TICKET),
    42022: (e.LoginFailed, ""),
    43009: (e.Misconfigured, _VERIFY),
    45001: (e.BadRequest, _FILE),
    45002: (e.BadRequest, _TOO_LONG),
    45009: (e.RateLimited, ""),
    45011: (e.RateLimited, ""),
    45029: (e.BadRequest, _TOO_LONG),
    45033: (e.Busy, ""),
    48002: (e.Misconfigured, _CALLABLE),
    48006: (e.Misconfigured, _UNUSED),
    48007: (e.Misconfigured, _CALLABLE_KF),
    48009: (e.Misconfigured, _DIRECTORY),
    50001: (e.Misconfigured, _DOMAIN),
    50002: (e.NotVisible, ""),
    50003: (e.Misconfigured, _SECRET),
    60011: (e.NotVisible, ""),
    60020: (e.Misconfigured, _IP),
    60111: (e.NotFound, _STAFF_GONE),
    60123: (e.NotFound, _DEPARTMENT_GONE),
    81013: (e.NotVisible, _RECEIVERS),
    81017: (e.BadRequest, _TOO_LONG),
    84061: (e.NoRelation, ""),
    84074: (e.NotVisible, _FUNCTION),
    84083: (e.Refused, _NOT_SERVICE),
    84084: (e.NoRelation, ""),
    90500: (e.TransferRefused, _STILL_HERE),
    90501: (e.TransferRefused, _NOT_A_CUSTOMER_GROUP),
    90502: (e.TransferRefused, _OWNER_LEFT),
    90503: (e.TransferRefused, _GROUP_FULL),
    90504: (e.TransferRefused, _SAME_PERSON),
    90507: (e.TransferRefused, _IN_TRANSFER),
    90508: (e.TransferRefused, _GROUP_DONE),
    90509: (e.TransferRefused, _NOT_A_CUSTOMER_GROUP),
    90510: (e.TransferRefused, _INACTIVE),
    90511: (e.NotFound, _OPENGID),
    **dict.fromkeys(range(95000, 95033), (e.Refused, _KF)),
    95001: (e.Refused, _KF_FIVE),
    95002: (e.Refused, _KF_LATE),
    95016: (e.Refused, _KF_STATE),
    95018: (e.Refused, _KF_STATE),
    301002: (e.Misconfigured, _AGENT),
    **dict.fromkeys((301042, 301052, 301053), (e.Misconfigured, _ARCHIVE)),
    **dict.fromkeys(range(301058, 301062), (e.BadRequest, _ARCHIVE)),
    **dict.fromkeys((610014, 610015, 610017, 610018), (e.Refused, _CONVERSION)),
    610016: (e.Misconfigured, _VERIFY),
    701008: (e.Misconfigured, _LICENCE),
}

_NOT_CALLABLE, _IP_UNKNOWN = 48002, 60020
# Which page of the admin console lets an app call these; the others stand under 客户联系.
_OTHER_PAGES = {"externalpay/": _CALLABLE_PAY, "kf/": _CALLABLE_KF}
_TOLD_IP = re.compile(r"from ip: ?([0-9A-Fa-f.:]+)")


def error_for(code: int, message: str, path: str) -> e.WeComError:
    """The error a non-zero errcode stands for.

    The advice of 60020 names this server's address when WeCom's words do: nothing else in them
    is ever relied on.
    """
    kind, hint = CODES.get(code, (e.Refused, ""))
    told: dict[str, str] = {}
    if code == _NOT_CALLABLE:
        pages = (page for start, page in _OTHER_PAGES.items() if path.startswith(start))
        hint = next(pages, hint)
    if code == _IP_UNKNOWN and (address := _told_ip(message)):
        hint, told = _IP_NAMED, {"ip": address}
    return kind(code, message, path, hint=hint, told=told)


def _told_ip(message: str) -> str:
    found = _TOLD_IP.search(message)
    if found is None:
        return ""
    try:
        return str(ipaddress.ip_address(found[1].rstrip(".:")))
    except ValueError:
        return ""
