"""WeCom's maxima (接口上限), each with the page of the vendor's documentation it comes from.

What is cut by us before a call, or must be checked before an operator presses a button, has its
name here; what WeCom alone checks stays with WeCom. Lengths of texts are characters unless the
name says bytes (UTF-8).
"""

from __future__ import annotations

from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from scrm.ratelimit.limits import Limit

# 45033 also answers two calls that edit one customer at the same time.
ONE_AT_A_TIME = Limit(
    "wecom.change",
    parallel=1,
    source=_("45033: parallel edits of one customer"),
    label=_("Edits of one customer at once"),
    each=_("customer"),
)

# 访问频率限制 and the pages of each API: how often. What is counted by them stands in `quotas.py`.
CORP_TICKETS_PER_HOUR = 400
APP_TICKETS_PER_HOUR = 100
TOKENS_PER_HOUR = 1000  # half of what is known to lead to a block
NOTICES_PER_MINUTE = 30  # of one member
NOTICES_PER_HOUR = 1000
APP_CHATS_PER_DAY = 1000
APP_CHAT_CHANGES_PER_HOUR = 1000
CONSENT_CHECKS_PER_MINUTE = 2500
ROOM_CHECKS_PER_MINUTE = 1500
TEMPORARY_CODES_PER_DAY = 100_000

# 批量获取客户详情
STAFF_PER_CALL = 100
CONTACTS_PER_PAGE = 100

# 获取成员ID列表
STAFF_IDS_PER_PAGE = 10_000

# 获取已服务的外部联系人
SERVED_PER_PAGE = 1000

# openuserid转换
OPEN_USERIDS_PER_CALL = 1000

# 获取客户群列表
OWNERS_PER_CALL = 100
GROUPS_PER_PAGE = 1000

# 创建企业群发
CONTACTS_PER_TASK = 10_000
GROUPS_PER_TASK = 2_000
ATTACHMENTS_PER_MESSAGE = 9
TAGS_PER_CHOICE = 100  # of which a customer needs one

# 获取群发记录列表, 获取群发成员发送任务列表, 获取企业群发成员执行结果
MESSAGES_PER_PAGE = 100
TASKS_PER_PAGE = RESULTS_PER_PAGE = 1000
LIST_SPAN = timedelta(days=30)  # at most a month from start to end

# 管理企业标签
TAG_NAME_CHARS = 30
TAGS_PER_CORP = 10_000  # corp tags and rule-group tags together

# 修改客户备注信息
REMARK_CHARS = 20
DESCRIPTION_CHARS = 150
REMARK_COMPANY_CHARS = 20

# 联系我与客户入群方式, 加入群聊
CODES_PER_CORP = 500_000  # contact ways and group join ways together
STAFF_PER_CONTACT_WAY = 100  # after the departments are expanded
GROUPS_PER_JOIN_WAY = 5
STATE_CHARS = 30
WAY_REMARK_CHARS = 30
ROOM_NAME_CHARS = 40
CONTACT_WAYS_PER_PAGE = 1000
CONCLUSION_TEXT_BYTES = 4000
TEMPORARY_LASTS = timedelta(days=14)  # a temporary code, and its session

# 获客助手
LINK_NAME_CHARS = 30
STAFF_PER_LINK = 500
STAFF_PREFERRED = 1000
LINKS_PER_PAGE = 100
LINK_CUSTOMERS_PER_PAGE = 1000
CHANNEL_BYTES = 64  # customer_channel: WeCom cuts what is longer

# 统计: 获客链接, 联系客户统计, 群聊数据统计
STATISTICS_SPAN = timedelta(days=30)
STATISTICS_BACK = timedelta(days=180)
STAFF_PER_STATISTIC = 100  # and as many departments
OWNERS_PER_PAGE = 1000

# 分配在职成员的客户, 分配离职成员的客户, 分配客户群
CONTACTS_PER_TRANSFER = 100
GROUPS_PER_TRANSFER = 100
TRANSFER_MESSAGE_CHARS = 200
TRANSFERS_PER_CONTACT = 2  # on the job, in TRANSFER_WINDOW; of a group as well
TRANSFER_WINDOW = timedelta(days=90)
TRANSFER_DELAY = timedelta(hours=24)  # until it happens, unless the customer refuses
RESIGNED_WITHIN = timedelta(days=365)  # who left longer ago has nothing to hand over
UNASSIGNED_PER_PAGE = 1000
GROUPS_HANDED_OVER_PER_DAY = 300  # of one owner; which code answers more is not written down

# 企业发表内容到客户的朋友圈, 获取企业全部的发表列表
MOMENT_TEXT_CHARS = 2000
MOMENT_TEXT_BYTES = 4000
MOMENT_PICTURES = 9  # or one video, or one link
MOMENTS_PER_MINUTE = 10
MOMENTS_PER_MONTH = 100_000
MOMENTS_PER_PAGE = 20
MOMENT_SPAN = timedelta(days=30)
MOMENT_TASKS_PER_PAGE = MOMENT_AUDIENCE_PER_PAGE = 1000
MOMENT_REACHED_PER_PAGE = 5000

# 入群欢迎语素材管理
GROUP_WELCOMES_PER_CORP = 100
GROUP_WELCOME_TEXT_BYTES = 3000

# 管理聊天敏感词
RULES_PER_CORP = 100
RULE_NAME_CHARS = 20
WORDS_PER_RULE = 300
WORD_CHARS = 32
STAFF_PER_RULE = 1000  # and as many departments

# 上传临时素材, 上传图片, 上传附件资源
MEDIA_LIFETIME = timedelta(days=3)
FILE_BYTES = 20 * 1024 * 1024
PICTURE_BYTES = VIDEO_BYTES = ATTACHMENT_BYTES = 10 * 1024 * 1024
SHOWN_IMAGE_BYTES = 2 * 1024 * 1024
SHOWN_IMAGES_PER_DAY = 1000
SHOWN_IMAGES_PER_MONTH = 3000

# 发送应用消息
USERIDS_PER_NOTICE = 1000
DEPARTMENTS_PER_NOTICE = 100
NOTICE_TEXT_BYTES = 2048  # text and markdown; WeCom cuts what is longer
CARD_TITLE_CHARS = 128
CARD_DESCRIPTION_CHARS = 512
CARD_URL_BYTES = 2048
CARD_BUTTON_CHARS = 4
DUPLICATE_CHECK = timedelta(hours=4)  # the longest that WeCom looks back

NEWS_PER_NOTICE = 8
TAGS_PER_NOTICE = 100

# 应用群聊
APP_CHAT_ID_CHARS = 32

# 商品图册
PRODUCT_DESCRIPTION_CHARS = 300
PRODUCT_FEN = 5_000_000
PRODUCT_PICTURES = 9
PRODUCTS_PER_PAGE = 100

# 获取对外收款记录
BILLS_PER_PAGE = 1000
BILL_SPAN = timedelta(days=30)  # a month
