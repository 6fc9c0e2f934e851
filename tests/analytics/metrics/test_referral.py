from analytics.metrics.referral import Referral


def test_unknown_referrers_give_a_bound_and_no_rate():
    found = Referral(existing=1_000, newcomers=80, referred=20)
    assert found.rate is None
    assert found.at_most == found.k_factor == 0.02
    assert found.share_of_newcomers.share == 0.25


def test_known_referrers_give_the_rate_below_the_bound():
    found = Referral(existing=1_000, newcomers=80, referred=20, referrers=12)
    assert found.rate.share == 0.012
    assert found.rate.share <= found.at_most


def test_nobody_there_yet_is_no_figure():
    found = Referral(existing=0, newcomers=3, referred=1)
    assert (found.k_factor, found.at_most) == (None, None)
    assert Referral(existing=1, newcomers=5, referred=5).at_most == 1
