"""Pure rules about customers: dataclasses in, verdicts out; no Django, no clock."""
