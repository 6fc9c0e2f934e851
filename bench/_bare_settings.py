"""The product's settings around the barest view that could take a callback; see bench/_bare.py."""

from scrm.settings import *  # noqa: F403

MIDDLEWARE = []
ROOT_URLCONF = "bench._bare"
