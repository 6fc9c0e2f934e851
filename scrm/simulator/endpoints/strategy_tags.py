"""Tags of rule groups (规则组标签): a library of its own for each."""

from __future__ import annotations

from scrm.simulator.ask import Ask
from scrm.simulator.corp import Corp
from scrm.simulator.endpoints.registry import Answer, post
from scrm.simulator.endpoints.tags import add_tags, delete_tags, edit_tag, listed
from scrm.simulator.errors import ApiError


@post("externalcontact/get_strategy_tag_list")
def get_strategy_tag_list(corp: Corp, ask: Ask) -> Answer:
    """Of one rule group or of all."""
    wanted = _strategy(corp, ask) if ask.number("strategy_id", 0) else 0
    groups = [
        group
        for group in corp.tag_groups.values()
        if group.strategy_id and wanted in (0, group.strategy_id)
    ]
    return {"tag_group": listed(ask, groups)}


@post("externalcontact/add_strategy_tag")
def add_strategy_tag(corp: Corp, ask: Ask) -> Answer:
    return add_tags(corp, ask, _strategy(corp, ask))


@post("externalcontact/edit_strategy_tag")
def edit_strategy_tag(corp: Corp, ask: Ask) -> Answer:
    return edit_tag(corp, ask, of_strategy=True)


@post("externalcontact/del_strategy_tag")
def del_strategy_tag(corp: Corp, ask: Ask) -> Answer:
    return delete_tags(corp, ask, of_strategy=True)


def _strategy(corp: Corp, ask: Ask) -> int:
    """A rule group of the first level; 40058 for any other."""
    strategy = corp.strategies.get(ask.number("strategy_id"))
    if strategy is None or strategy.parent_id:
        raise ApiError(40058, "invalid strategy_id")
    return strategy.strategy_id
