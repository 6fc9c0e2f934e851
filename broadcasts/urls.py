"""Addresses for customers, without a log-in."""

from __future__ import annotations

from django.urls import path

from broadcasts.views.tracked_link import TrackedLinkDoor

urlpatterns = [path("<slug:code>/", TrackedLinkDoor.as_view(), name="tracked-link")]
