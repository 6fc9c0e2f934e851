"""A local WeCom (模拟企业微信): one pretend corp behind the real API's addresses.

`corp.Corp` is the world and its Python face for tests, `server.Server` puts it on a port,
`python -m scrm.simulator` starts it alone. Nothing in here knows the product; the only thing
borrowed from it is the callback encryption, so that both sides are checked by one set of
vendor vectors.
"""
