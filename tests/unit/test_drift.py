"""Whether time and memory of a batch stay flat."""

from __future__ import annotations

import pytest

from bench.drift import ENOUGH, KINDS, SETTLED, drifts


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
