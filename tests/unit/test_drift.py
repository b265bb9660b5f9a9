"""Whether time and memory of a batch stay flat."""

from __future__ import annotations

import pytest

from bench.drift import ENOUGH, KINDS, SETTLED, drifts, grown, trend


def curve(photos: int, **changes: float) -> list[dict[str, float]]:
    """A batch of one photo a second; what is named changes by this share, from the 20th on and linearly."""
    late = [max(n - SETTLED, 0) / (photos - SETTLED) for n in range(1, photos + 1)]
    kinds = [{kind: 1e6 * (1 + changes.get(kind, 0.0) * share) for kind in KINDS} for share in late]
    return [{"done": n, "s": float(n), **held} for n, held in enumerate(kinds, 1)]


def test_what_stays_is_flat() -> None:
    assert {kind: (drift.begin, drift.off) for kind, drift in drifts(curve(200)).items()} == {
        "photo": (1.0, 0.0),
        **dict.fromkeys(KINDS, (1e6, 0.0)),
    }


@pytest.mark.parametrize("share", [0.5, -0.3])
def test_what_grows_or_shrinks_is_found(share: float) -> None:
    found = drifts(curve(1000, js=share))
    assert found["js"].off == pytest.approx(0.75 * share / (1 + share / 8), rel=0.03)
    assert found["ort"].off == 0


def test_a_bump_in_the_middle_is_found() -> None:
    points = curve(200)
    for point in points[100:150]:
        point["browser"] *= 1.2
    assert drifts(points)["browser"].off == pytest.approx(0.2)


def test_too_few_photos_tell_nothing() -> None:
    assert drifts(curve(SETTLED + ENOUGH - 1)) == {}
    assert drifts(curve(SETTLED + ENOUGH)) != {}


def test_memory_that_grows_by_a_tenth_is_named_and_the_list_of_photos_is_let_be() -> None:
    assert grown(curve(500, browser=0.1, js=0.5)) == ["browser"]
    assert grown(curve(500, browser=0.04)) == []


def slowing(photos: int, share: float) -> list[dict[str, float]]:
    """A batch whose photos take longer and longer, in all by this share, and wander a little."""
    points, now = curve(photos), 0.0
    for n, point in enumerate(points):
        now += 1 + share * max(n - SETTLED, 0) / (photos - SETTLED) + 0.02 * (n // 30 % 2)
        point["s"] = now
    return points


def test_a_trend_is_found_with_its_interval() -> None:
    found = trend(slowing(500, 0.3))
    assert found is not None
    assert found.change == pytest.approx(0.3 / 1.16, rel=0.1)
    assert 0 < found.low < found.change < found.high


def test_what_only_wanders_has_no_trend() -> None:
    found = trend(slowing(500, 0.0))
    assert found is not None
    assert found.low < 0 < found.high


def test_too_few_photos_have_no_trend() -> None:
    assert trend(curve(SETTLED + ENOUGH - 1)) is None
