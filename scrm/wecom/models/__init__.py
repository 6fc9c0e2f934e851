from scrm.wecom.models.callback_event import CallbackEvent
from scrm.wecom.models.corp_notice import CorpNotice
from scrm.wecom.models.sync_run import SyncGap, SyncRun

__all__ = ["CallbackEvent", "CorpNotice", "SyncGap", "SyncRun"]
