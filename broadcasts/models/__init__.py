from broadcasts.models.batch import Batch
from broadcasts.models.broadcast import Broadcast, IllegalMove
from broadcasts.models.group_recipient import GroupRecipient
from broadcasts.models.plan import BroadcastPlan
from broadcasts.models.content_settings import ContentSettings
from broadcasts.models.link import LinkClick, TrackedLink
from broadcasts.models.material import Material, MaterialFolder, MaterialVersion
from broadcasts.models.media_file import MediaFile
from broadcasts.models.journey import Journey, JourneyEnrolment, JourneyVersion
from broadcasts.models.journey_run import (
    JourneyMember,
    JourneyRun,
    JourneySend,
    JourneyStepLog,
)
from broadcasts.models.policy_settings import PolicySettings
from broadcasts.models.recipient import Recipient
from broadcasts.models.touch import Touch
from broadcasts.models.variant import Variant
from broadcasts.models.welcome import Welcome, WelcomePicture
from broadcasts.models.welcome_delivery import WelcomeDelivery, WelcomeWatch
from broadcasts.models.written import TouchClass

__all__ = [
    "Batch",
    "Broadcast",
    "BroadcastPlan",
    "ContentSettings",
    "GroupRecipient",
    "IllegalMove",
    "LinkClick",
    "Material",
    "MaterialFolder",
    "MaterialVersion",
    "MediaFile",
    "Journey",
    "JourneyEnrolment",
    "JourneyMember",
    "JourneyRun",
    "JourneySend",
    "JourneyStepLog",
    "JourneyVersion",
    "PolicySettings",
    "Recipient",
    "Touch",
    "TouchClass",
    "TrackedLink",
    "Variant",
    "Welcome",
    "WelcomeDelivery",
    "WelcomePicture",
    "WelcomeWatch",
]
