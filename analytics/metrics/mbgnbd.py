"""MBG/NBD: as BG/NBD, but the first order may already be the last (Batislam et al. 2007).

    L(r, α, a, b | x, t_x, T) = Γ(r+x) α^r / Γ(r) · B(a, b+x+1)/B(a, b)
        · [ (α+T)^−(r+x) + a/(b+x) · (α+t_x)^−(r+x) ]

What operators see: it gives one-time buyers a P(alive) below 1 that falls with silence.
"""

from __future__ import annotations

from analytics.metrics.drop_out import DropOutModel

MODEL = DropOutModel(name="mbgnbd", first_chance=1)

fit = MODEL.fit
log_likelihood = MODEL.log_likelihood
p_alive = MODEL.p_alive
expected_orders = MODEL.expected_orders
conditional_orders = MODEL.conditional_orders
