"""Addresses for customers, without a log-in; every one of them is opened by a signed link."""

from __future__ import annotations

from django.urls import path

from contacts.views.h5_preferences import PreferencePage

app_name = "h5"

urlpatterns = [path("preferences/<str:token>/", PreferencePage.as_view(), name="preferences")]
