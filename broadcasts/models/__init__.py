from broadcasts.models.batch import Batch
from broadcasts.models.broadcast import Broadcast, IllegalMove, TouchClass
from broadcasts.models.policy_settings import PolicySettings
from broadcasts.models.recipient import Recipient
from broadcasts.models.touch import Touch

__all__ = [
    "Batch",
    "Broadcast",
    "IllegalMove",
    "PolicySettings",
    "Recipient",
    "Touch",
    "TouchClass",
]
