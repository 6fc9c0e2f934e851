"""Addresses of our own stylesheet, script and icon, asked by the theme on each page."""

from __future__ import annotations

from django.http import HttpRequest
from django.templatetags.static import static


def stylesheet(_request: HttpRequest) -> str:
    return static("console/console.css")


def script(_request: HttpRequest) -> str:
    return static("console/console.js")


def favicon(_request: HttpRequest) -> str:
    return static("console/favicon.svg")
