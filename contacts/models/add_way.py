"""How a customer was added (添加方式): WeCom's numbers for `add_way`."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class AddWay(models.IntegerChoices):
    """Values of `follow_user.add_way` in externalcontact/get.

    WeCom's list grows, so columns keep unknown numbers and have no constraint on these.
    """

    UNKNOWN = 0, _("Unknown way")
    QR_CODE = 1, _("QR code")
    PHONE_SEARCH = 2, _("Search by phone number")
    CARD = 3, _("Shared card")
    GROUP_CHAT = 4, _("Group chat")
    PHONE_BOOK = 5, _("Phone contacts")
    WECHAT_CONTACT = 6, _("WeChat contact")
    THIRD_PARTY_APP = 8, _("Third-party app")
    MAIL_SEARCH = 9, _("Search by e-mail")
    CHANNELS = 10, _("WeChat Channels")
    CALENDAR = 11, _("Calendar participant")
    MEETING = 12, _("Meeting participant")
    WECHAT_FRIEND = 13, _("WeCom account of a WeChat friend")
    HARDWARE = 14, _("Smart hardware service")
    HOME_VISIT = 15, _("Home visit service")
    ACQUISITION_LINK = 16, _("Acquisition link")
    CUSTOM = 17, _("Custom development")
    DEMAND_REPLY = 18, _("Reply to a demand")
    PRE_SALES = 21, _("Third-party pre-sales")
    BUSINESS_PARTNER = 22, _("Possible business partner")
    WECHAT_REQUEST = 24, _("Friend request received in WeChat")
    COLLEAGUE = 201, _("Shared by a colleague")
    ADMIN = 202, _("Assigned by an administrator")
