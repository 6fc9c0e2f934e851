"""Who did what (操作日志): an append-only record of operators' acts."""
