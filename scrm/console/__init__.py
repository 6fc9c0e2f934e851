"""The operator console: site, roles, menu and the registries that apps put pages and cards into."""
