"""The archived package lifetimes, an independent implementation to check against."""

from __future__ import annotations

import warnings

with warnings.catch_warnings():
    # It sets an option that pandas has deprecated; nothing here depends on it.
    warnings.filterwarnings("ignore", message="The 'mode.chained_assignment' option is deprecated")
    from lifetimes import BetaGeoFitter, GammaGammaFitter, ModifiedBetaGeoFitter

__all__ = ["BetaGeoFitter", "GammaGammaFitter", "ModifiedBetaGeoFitter", "with_parameters"]


def with_parameters(fitter_type, parameters):
    """A fitter that believes `parameters` (a named tuple) without having been fitted."""
    fitter = fitter_type()
    fitter.params_ = parameters._asdict()
    return fitter
