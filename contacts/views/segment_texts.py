"""The words the segment builder's script shows, in the language of the page."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from scrm.segments.words import GROUP_WORDS


def builder_texts() -> dict[str, Any]:
    """Texts by the names `segment-builder.js` knows; `%s` is filled in by the script."""
    return {
        "addCondition": _("Add a condition"),
        "addGroup": _("Add a group"),
        "chooseField": _("Choose a field …"),
        "days": _("days"),
        "everybody": _("Without conditions these are all customers."),
        "failed": _("The count did not work; change something to try again."),
        "field": _("Field"),
        "from": _("from"),
        "group": _("Group of conditions"),
        "milliseconds": _("counted in %s ms"),
        "mode": _("How the conditions count together"),
        "modes": {mode: str(words) for mode, words in GROUP_WORDS.items()},
        "more": _("More"),
        "moveDown": _("Move down"),
        "moveUp": _("Move up"),
        "duplicate": _("Duplicate"),
        "wrap": _("Put into a group"),
        "unwrap": _("Dissolve the group"),
        "undo": _("Undo"),
        "redo": _("Redo"),
        "no": _("no"),
        "nothing": _("Nothing found"),
        "operator": _("Comparison"),
        "remove": _("Remove %s"),
        "removeCondition": _("Remove the condition"),
        "removeGroup": _("Remove the group"),
        "search": _("Type to search"),
        "to": _("to"),
        "unfinished": _("Complete the conditions to see the count."),
        "value": _("value"),
        "yes": _("yes"),
    }
