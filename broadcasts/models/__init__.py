from broadcasts.models.batch import Batch
from broadcasts.models.broadcast import Broadcast, IllegalMove
from broadcasts.models.content_settings import ContentSettings
from broadcasts.models.group_recipient import GroupRecipient
from broadcasts.models.group_welcome import GroupWelcome
from broadcasts.models.harm import Complaint, HarmAlarm, HarmBase, HarmWatch, OperatorNotice
from broadcasts.models.journey import Journey, JourneyEnrolment, JourneyVersion
from broadcasts.models.journey_run import (
    JourneyMember,
    JourneyRun,
    JourneySend,
    JourneyStepLog,
)
from broadcasts.models.link import LinkClick, TrackedLink
from broadcasts.models.material import Material, MaterialFolder, MaterialVersion
from broadcasts.models.media_file import MediaFile
from broadcasts.models.plan import BroadcastPlan
from broadcasts.models.policy_settings import PolicySettings
from broadcasts.models.recipient import Recipient
from broadcasts.models.reminder import Reminder
from broadcasts.models.stop_switch import StopSwitch
from broadcasts.models.touch import Touch
from broadcasts.models.unfinished import UnfinishedBroadcast
from broadcasts.models.variant import Variant
from broadcasts.models.webhook import (
    WebhookDelivery,
    WebhookEndpoint,
    WebhookEvent,
    WebhookKind,
)
from broadcasts.models.welcome import Welcome, WelcomePicture
from broadcasts.models.welcome_delivery import WelcomeDelivery, WelcomeWatch
from broadcasts.models.written import TouchClass

__all__ = [
    "Batch",
    "Broadcast",
    "BroadcastPlan",
    "Complaint",
    "ContentSettings",
    "GroupRecipient",
    "GroupWelcome",
    "HarmAlarm",
    "HarmBase",
    "HarmWatch",
    "IllegalMove",
    "Journey",
    "JourneyEnrolment",
    "JourneyMember",
    "JourneyRun",
    "JourneySend",
    "JourneyStepLog",
    "JourneyVersion",
    "LinkClick",
    "Material",
    "MaterialFolder",
    "MaterialVersion",
    "MediaFile",
    "OperatorNotice",
    "PolicySettings",
    "Recipient",
    "Reminder",
    "StopSwitch",
    "Touch",
    "TouchClass",
    "TrackedLink",
    "UnfinishedBroadcast",
    "Variant",
    "WebhookDelivery",
    "WebhookEndpoint",
    "WebhookEvent",
    "WebhookKind",
    "Welcome",
    "WelcomeDelivery",
    "WelcomePicture",
    "WelcomeWatch",
]
