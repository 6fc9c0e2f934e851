"""BG/NBD: repeat buying where each repeat order may be the last (Fader, Hardie, Lee 2005).

    L(r, α, a, b | x, t_x, T) = B(a, b+x)/B(a, b) · Γ(r+x) α^r / (Γ(r) (α+T)^(r+x))
        + 1{x>0} · B(a+1, b+x−1)/B(a, b) · Γ(r+x) α^r / (Γ(r) (α+t_x)^(r+x))

The checked anchor of the family: its figures for CDNOW are published. It cannot doubt a one-time
buyer, P(alive) = 1 for x = 0, so operators see MBG/NBD instead.
"""

from __future__ import annotations

from analytics.metrics.drop_out import DropOutModel

MODEL = DropOutModel(name="bgnbd", first_chance=0)

fit = MODEL.fit
log_likelihood = MODEL.log_likelihood
p_alive = MODEL.p_alive
expected_orders = MODEL.expected_orders
conditional_orders = MODEL.conditional_orders
