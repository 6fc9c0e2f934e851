"""The rule language that picks customers (人群规则). It knows no customers: apps supply the fields.

`nodes`, `kinds`, `values`, `parse` and `evaluate` are pure; `fields`, `choices`, `compile` and
`explain` speak Django. Start reading at `nodes`, then at the top of `fields`.
"""
