"""Pictures of figures drawn on the server (报表图片), for readers who open no page.

pictures.sheet_png(title=…, lines=…, datasets=…, …)  → PNG bytes

The charts are those of the pages: the same options, drawn plainly.
"""

from scrm.pictures.sheet import sheet_png

__all__ = ["sheet_png"]
