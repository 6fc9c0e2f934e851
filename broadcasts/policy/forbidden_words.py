"""Words that advertising law forbids or that cost trust (违禁词). Pure.

The absolute terms of article 9 of China's Advertising Law (《广告法》第九条), as shops' own lists
name them, and promises that articles 16 to 18, 25 and 28 do not let anybody make.
"""

from __future__ import annotations

_ABSOLUTE = [
    "国家级",
    "世界级",
    "最高级",
    "最佳",
    "最好",
    "最优",
    "最低价",
    "最便宜",
    "最先进",
    "最新科技",
    "第一品牌",
    "全国第一",
    "全网第一",
    "销量第一",
    "顶级",
    "顶尖",
    "极品",
    "极致",
    "绝对",
    "独一无二",
    "绝无仅有",
    "史无前例",
    "万能",
    "唯一",
    "首选",
    "王牌",
    "之最",
    "永久",
    "百分之百",
    "100%有效",
    "全网最低",
    "史上最低",
    "零风险",
    "国家领导人",
    "特供",
    "专供",
]
_PROMISES = [
    "根治",
    "治愈",
    "包治",
    "药到病除",
    "无副作用",
    "无毒副作用",
    "立竿见影",
    "保证有效",
    "保本",
    "稳赚",
    "稳赚不赔",
    "保证收益",
    "无风险",
]
_PRESSURE = [
    "点击领奖",
    "恭喜获奖",
    "全民免单",
    "点击有惊喜",
    "最后机会",
    "不转不是",
    "错过不再",
    "再不抢就没了",
    "仅此一次",
]

USUAL: tuple[str, ...] = (*_ABSOLUTE, *_PROMISES, *_PRESSURE)
