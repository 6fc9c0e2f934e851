from scrm.wecom.models.callback_event import CallbackEvent
from scrm.wecom.models.check_up import CheckUp
from scrm.wecom.models.corp_notice import CorpNotice
from scrm.wecom.models.sync_run import SyncGap, SyncRun

__all__ = ["CallbackEvent", "CheckUp", "CorpNotice", "SyncGap", "SyncRun"]
