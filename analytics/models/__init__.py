from analytics.models.broadcast_effect import BroadcastCost, BroadcastEffect
from analytics.models.contact_metrics import ContactMetrics
from analytics.models.customer_month import CustomerMonth
from analytics.models.metrics_run import MetricsRun
from analytics.models.model_fit import ModelFit
from analytics.models.rfm_cuts import RfmCuts
from analytics.models.stale_customer import StaleCustomer
from analytics.models.value_settings import ValueSettings

__all__ = [
    "BroadcastCost",
    "BroadcastEffect",
    "ContactMetrics",
    "CustomerMonth",
    "MetricsRun",
    "ModelFit",
    "RfmCuts",
    "StaleCustomer",
    "ValueSettings",
]
