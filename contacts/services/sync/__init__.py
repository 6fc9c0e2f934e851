"""Pull WeCom's lists into our tables (同步), page by page, so that a kill resumes at the page."""
