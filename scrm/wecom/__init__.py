"""The gateway to WeCom (企业微信): the only place that speaks HTTP to it."""
