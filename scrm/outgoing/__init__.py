"""Calls to the systems of others: webhooks (the one other place that speaks HTTP) and mail.

outgoing.check_address(url)            raises AddressRefused with a sentence
outgoing.post(url, body=…, headers=…)  → Answer(status, text, seconds), raises Undelivered

Mail is `scrm.outgoing.mail`, imported as such.
"""

from scrm.outgoing.addresses import AddressRefused, check_address
from scrm.outgoing.client import Answer, Undelivered, post

__all__ = ["AddressRefused", "Answer", "Undelivered", "check_address", "post"]
