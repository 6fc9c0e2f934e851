from broadcasts.models.batch import Batch
from broadcasts.models.broadcast import Broadcast, IllegalMove, TouchClass
from broadcasts.models.policy_settings import PolicySettings
from broadcasts.models.recipient import Recipient
from broadcasts.models.touch import Touch
from broadcasts.models.welcome import Welcome, WelcomePicture
from broadcasts.models.welcome_delivery import WelcomeDelivery, WelcomeWatch

__all__ = [
    "Batch",
    "Broadcast",
    "IllegalMove",
    "PolicySettings",
    "Recipient",
    "Touch",
    "TouchClass",
    "Welcome",
    "WelcomeDelivery",
    "WelcomePicture",
    "WelcomeWatch",
]
