"""How long each phase takes, and how fast it learns."""

from __future__ import annotations

import pytest

from dreamstream.train.learn.plan import Plan


def test_quick_is_by_heart_alone() -> None:
    """Five minutes, or as told."""
    assert Plan("quick").share(150, 0) == 0.5
    assert Plan("quick", minutes=1).share(90, 0) == 1.5
    assert {Plan("quick").phase(share / 10) for share in range(10)} == {"by heart"}


@pytest.mark.parametrize(("minutes", "first"), [(5, 2), (30, 12), (60, 15)])
def test_style_begins_by_heart(minutes: float, first: float) -> None:
    """For two fifths of its time, and no longer than a quarter of an hour."""
    plan = Plan("style", minutes=minutes)
    assert plan.phase(plan.share(60 * first - 1, 0)) == "by heart"
    assert plan.phase(plan.share(60 * first + 1, 0)) == "adversarial"


def test_began_begins_with_its_auto_encoder() -> None:
    """For three quarters of an hour; the rate falls at the end of each phase."""
    plan = Plan("began")
    assert plan.share(1800, 0) == 0.5
    assert (plan.phase(0.74), plan.phase(0.76)) == ("by heart", "adversarial")
    assert (plan.rate(0), plan.rate(0.76)) == (1, 1)
    assert max(plan.rate(0.74), plan.rate(1)) < 0.15


def test_what_was_published_has_one_phase_and_one_rate() -> None:
    """Each for as long as it is told, or half an hour."""
    plan = Plan("wgan", kimg=1)
    assert {plan.phase(share / 10) for share in range(10)} == {"adversarial"}
    assert Plan("lsgan").share(900, 0) == 0.5
    assert Plan("all").share(150, 0) == 0.5


def test_pictures_instead_of_minutes() -> None:
    """Counted in thousands; time does not matter."""
    plan = Plan("style", kimg=2)
    assert plan.share(1e9, 500) == 0.25
    assert (plan.total, plan.unit) == (2000, "pictures")
    assert (Plan("quick").total, Plan("quick").unit) == (300, "seconds")


def test_the_rate_falls_at_the_end_of_each_phase() -> None:
    """From 1 to little, never to nothing, and 1 again where the next phase begins."""
    plan = Plan("style", kimg=1)
    rates = [plan.rate(share / 100) for share in range(100)]
    assert rates[0] == rates[15] == rates[40] == rates[75] == 1
    assert rates[39] < 0.1
    assert min(rates) >= 0.05
    assert rates[99] < 0.15
    assert plan.rate(1.5) == pytest.approx(0.1)


def test_a_painter_has_one_rate_for_both_phases() -> None:
    """Its opponent comes at three fifths, from where on the rate falls once."""
    plan = Plan("pix2pix", kimg=1)
    assert (plan.phase(0.59), plan.phase(0.61)) == ("by heart", "adversarial")
    rates = [plan.rate(share / 100) for share in range(101)]
    assert rates[:60] == [1.0] * 60
    assert rates == sorted(rates, reverse=True)
    assert rates[100] == pytest.approx(0.05)


def test_a_phase_that_began_early_has_its_own_rate() -> None:
    """Gone on with for longer, a training is against its discriminator where by heart would be nearly over."""
    plan = Plan("style", kimg=100)
    assert plan.rate(0.39) < 0.1
    assert plan.rate(0.39, "by heart") < 0.1
    assert plan.rate(0.39, "adversarial") == 1
    assert plan.rate(0.99, "adversarial") == plan.rate(0.99)
