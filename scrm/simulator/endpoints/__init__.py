"""WeCom's APIs, one module an area; importing the package fills the table in `registry`."""

from scrm.simulator.endpoints import (
    acquisition,
    contact_ways,
    customers,
    directory,
    group_handover,
    groups,
    handover,
    join_ways,
    media,
    messages,
    results,
    statistics,
    tags,
    tokens,
    welcome,
)
from scrm.simulator.endpoints.registry import ENDPOINTS, Endpoint

__all__ = [
    "ENDPOINTS",
    "Endpoint",
    "acquisition",
    "contact_ways",
    "customers",
    "directory",
    "group_handover",
    "groups",
    "handover",
    "join_ways",
    "media",
    "messages",
    "results",
    "statistics",
    "tags",
    "tokens",
    "welcome",
]
