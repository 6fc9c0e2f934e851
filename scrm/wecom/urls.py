"""Addresses that WeCom itself calls."""

from __future__ import annotations

from django.urls import path

from scrm.wecom.callback.views import callback

urlpatterns = [path("callback/", callback, name="wecom-callback")]
