"""What bench.quality makes of masks: halves, intervals, composites, means, tables; without a network."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from alphacut.pipeline import remove_background
from alphacut.recipe import PLAIN
from bench import maps, quality, scoring, undecided
from bench.bootstrap import HALVES, compare, half_of, subject_of
from bench.composite import BACKGROUNDS, composite_errors, edge_band
from bench.datasets import Sample, read_sets
from bench.edges_picture import SIDE, ZOOM, Edge, picture
from bench.maps import MapFiles
from bench.quality_tables import change, comparison_table, headlines, targets_table
from bench.sheets import Shown, over, sheet
from bench.variants import VARIANTS, Variant
from tests.helpers import Bytes8, LuminanceSession, file_of, noise, pixels_of, run, scene, spec
from tests.numerics import held

# ---- halves and intervals --------------------------------------------------------------------------

STEMS = [f"{number:04d}" for number in range(60)]


def test_photos_of_one_subject_are_in_one_half() -> None:
    assert subject_of("car-shadow_00014") == "car-shadow"
    assert half_of("GT05") == half_of("GT05_b0")
    assert len({half_of(f"dog_{frame:05d}") for frame in range(40)}) == 1
    counts = [sum(half_of(stem) == half for stem in STEMS) for half in HALVES]
    assert min(counts) > 15  # of 60


def test_a_constant_gain_has_an_interval_of_no_width() -> None:
    theirs = {stem: 0.01 * number for number, stem in enumerate(STEMS)}
    ours = {stem: value + 0.25 for stem, value in theirs.items()}
    found = compare(ours, theirs)
    interval = found.difference
    assert (interval.value, interval.low, interval.high) == pytest.approx((0.25, 0.25, 0.25))
    assert found.ratio.value == pytest.approx((0.295 + 0.25) / 0.295)
    assert found.n == 60


def test_the_interval_is_that_of_the_normal_law_for_many_photos() -> None:
    """The mean of n differences lies within 1.96 standard deviations / sqrt(n)."""
    random = np.random.default_rng(5)
    theirs = {f"{number:04d}": value for number, value in enumerate(random.normal(10, 1, 400))}
    ours = {
        stem: value + extra
        for (stem, value), extra in zip(theirs.items(), random.normal(0, 1, 400), strict=True)
    }
    interval = compare(ours, theirs).difference
    apart = np.array(list(ours.values())) - np.array(list(theirs.values()))
    half_width = 1.96 * apart.std() / 20
    assert interval.low == pytest.approx(apart.mean() - half_width, abs=0.015)
    assert interval.high == pytest.approx(apart.mean() + half_width, abs=0.015)


def test_frames_of_one_video_widen_the_interval_like_one_photo() -> None:
    """40 frames of 10 videos, equal within a video, say no more than 10 photos."""
    values = np.random.default_rng(6).normal(size=10)
    photos = {f"v{number}": value for number, value in enumerate(values)}
    frames = {f"v{number}_{frame}": value for number, value in enumerate(values) for frame in range(4)}
    few, many = (compare(these, dict.fromkeys(these, 0.0)).difference for these in (photos, frames))
    assert (few.low, few.high) == pytest.approx((many.low, many.high))


def test_few_subjects_have_no_interval_and_other_photos_no_comparison() -> None:
    values = {"GT01": 1.0, "GT02": 2.0}
    found = compare(values, dict.fromkeys(values, 0.0)).to_table()
    assert found == {"n": 2, "difference": [1.5, None, None], "ratio": [None, None, None]}
    with pytest.raises(ValueError, match="same photos"):
        compare(values, {"GT01": 1.0})


@settings(max_examples=15, deadline=None)  # each draws 20,000 times
@given(st.lists(st.floats(0.1, 10), min_size=5, max_size=30), st.integers(0, 9))
def test_intervals_hold_the_value_and_are_the_same_each_time(values: list[float], seed: int) -> None:
    theirs = {f"{number}": value for number, value in enumerate(values)}
    ours = {stem: value * (1 + 0.1 * (number % 3)) for number, (stem, value) in enumerate(theirs.items())}
    found = compare(ours, theirs, seed=seed)
    assert found == compare(ours, theirs, seed=seed)
    for interval in (found.difference, found.ratio):
        assert interval.low is not None
        assert interval.high is not None
        assert interval.low <= interval.high
    back = compare(theirs, ours, seed=seed).difference
    assert back.high is not None
    assert found.difference.low == pytest.approx(-back.high, abs=1e-9)


# ---- composites ------------------------------------------------------------------------------------


def half_edge(size: int = 9) -> Bytes8:
    """Subject at the left, one column of half alpha in the middle."""
    alpha = np.zeros((size, size), np.uint8)
    alpha[:, : size // 2] = 255
    alpha[:, size // 2] = 102  # two fifths
    return alpha


@held(
    "bench.composite.edge_band",
    against="counting",
    over="an edge, margins",
    within="0",
    only_here="a bench, which runs in CPython",
)
def test_the_band_is_partial_alpha_and_its_surroundings() -> None:
    assert edge_band(half_edge(), 0).sum() == 9
    assert edge_band(half_edge(), 3).sum() == 9 * 7


@held(
    "bench.composite.composite_errors",
    against="sums by hand",
    over="an edge, five backgrounds",
    within="1e-6 of 1",
    only_here="a bench, which runs in CPython",
)
def test_errors_of_colour_weigh_as_much_as_alpha() -> None:
    """The subject is red, where it is mixed with a blue background it keeps .4 red and .6 blue."""
    truth, red = half_edge(), np.zeros((9, 9, 3), np.uint8)
    red[...] = (255, 0, 0)
    mixed = red.copy()
    mixed[:, 4] = (102, 0, 153)
    errors = composite_errors(mixed, truth, red, truth)
    # In one of the band's 7 columns red and blue are off by 153 * .4, in every composite alike.
    assert errors == pytest.approx(dict.fromkeys([*BACKGROUNDS, "mean"], 2 * 153 * 0.4 / 3 / 7))


def test_errors_of_alpha_are_seen_by_what_is_behind() -> None:
    """Alpha 0 instead of .4 in one of 7 columns shows white instead of .4 red: green, blue off by 102."""
    truth, red = half_edge(), np.full((9, 9, 3), (255, 0, 0), np.uint8)
    hard = np.where(truth == 255, truth, 0).astype(np.uint8)
    errors = composite_errors(red, hard, red, truth)
    assert errors["white"] == pytest.approx(2 * 102 / 3 / 7)
    assert errors["black"] == pytest.approx(102 / 3 / 7)
    assert errors["magenta"] == pytest.approx(102 / 3 / 7)
    assert errors["mean"] == pytest.approx(np.mean([errors[name] for name in BACKGROUNDS]))


def test_no_edge_is_an_error() -> None:
    with pytest.raises(ValueError, match="no edge"):
        composite_errors(scene(4, 4), np.zeros((4, 4), np.uint8), scene(4, 4), np.zeros((4, 4), np.uint8))


@given(st.integers(0, 2**32 - 1))
def test_the_truth_has_no_error_and_errors_are_symmetric(seed: int) -> None:
    truth = half_edge()
    colours, others = noise(9, 9, seed=seed), noise(9, 9, seed=seed + 1)
    assert set(composite_errors(colours, truth, colours, truth).values()) == {0}
    one, other = (composite_errors(a, truth, b, truth) for a, b in ((colours, others), (others, colours)))
    assert one == pytest.approx(other)


# ---- targets ---------------------------------------------------------------------------------------


def against_rembg(set_: str, model: str, **changes: tuple[float, float]) -> dict[str, Any]:
    """A comparison in which every figure is equal but those named: value, and half the interval's width."""
    entry: dict[str, Any] = {"set": set_, "model": model, "against": "rembg"}
    for figure in ("iou", "boundary_f", "mae", "grad"):
        value, wide = changes.get(figure, (0.0, 0.0))
        around = [value, value - wide, value + wide]
        entry[figure] = {"n": 7, "difference": around, "ratio": [1 + one for one in around]}
    return entry


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (against_rembg("am_comp", "u2netp", boundary_f=(0.06, 0.1), grad=(-0.06, 0.0)), "met"),
        (against_rembg("am_comp", "u2netp", boundary_f=(0.04, 0.0), grad=(-0.06, 0.0)), "boundary F by less"),
        (against_rembg("am_comp", "isnet", boundary_f=(0.04, 0.0), grad=(-0.04, 0.0)), "met"),
        (against_rembg("am_comp", "isnet", boundary_f=(0.04, 0.0), grad=(0.04, 0.0)), "grad by less"),
        (against_rembg("davis2016val", "isnet"), "met"),
        (against_rembg("davis2016val", "isnet", iou=(-0.02, 0.03)), "met"),
        (against_rembg("davis2016val", "isnet", iou=(-0.02, 0.01)), "IoU worse"),
        (against_rembg("davis2016val", "isnet", mae=(0.02, 0.01)), "MAE worse"),
    ],
)
def test_targets_are_said_to_be_met_or_missed(entry: dict[str, Any], expected: str) -> None:
    assert f"| {expected}" in targets_table([entry])


# ---- scoring ---------------------------------------------------------------------------------------


def paint_black(rgb: Image.Image, alpha: Image.Image) -> Image.Image:
    """Change the image that was given, as a colour step may."""
    rgb.paste((0, 0, 0), (0, 0, *rgb.size))
    return rgb


def all_of_it(levels: Bytes8, rgb: Image.Image, seen: Bytes8) -> Image.Image:
    return Image.new("L", rgb.size, 255)


STEPS = {
    "default": Variant(recipe=PLAIN, against=("black", "whole")),
    "black": Variant(recipe=PLAIN, colour=paint_black, against=()),
    "whole": Variant(recipe=PLAIN, mask=all_of_it, against=()),
    "box": Variant(recipe=PLAIN, boxed=True, mask=all_of_it, against=()),
    "site": Variant(against=()),
}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Two sets of six photos, a square each; of `soft` the true colours are known, by the subject's name."""
    for name, suffix in {"soft": "_b0", "hard": ""}.items():
        for kind in ("im", "gt", *(["fg"] if name == "soft" else [])):
            (tmp_path / "data" / name / kind).mkdir(parents=True)
        for number in range(6):
            truth = np.zeros((40, 50), np.uint8)
            truth[10:30, 15 : 35 + number] = 255
            if name == "soft":
                truth[9, 15:35] = 128
            folder, stem = tmp_path / "data" / name, f"T{number}"
            Image.fromarray(truth).save(folder / "gt" / f"{stem}{suffix}.png")
            Image.fromarray(scene(50, 40)).save(folder / "im" / f"{stem}{suffix}.png")
            if name == "soft":
                Image.fromarray(scene(50, 40)).save(folder / "fg" / f"{stem}.png")
    (tmp_path / "data" / "README.md").write_text("no set")
    return tmp_path / "data"


def perfect_maps(samples: list[Sample], folder: Path) -> MapFiles:
    """Give every variant the truth for a map."""
    files = {}
    for sample in samples:
        path = folder / f"{sample.set}-{sample.stem}.png"
        Image.fromarray(sample.truth()).save(path)
        for name in STEPS:
            files["tiny", name, sample.set, sample.stem] = path
    return files


def rows_of(data: Path) -> list[scoring.Row]:
    samples = [sample for group in read_sets(data).values() for sample in group]
    files = perfect_maps(samples, data.parent)
    return [row for sample in samples for row in scoring.score(sample, STEPS, {"tiny": spec(50, 40)}, files)]


def test_a_variant_says_where_it_is_measured() -> None:
    assert Variant().measured("isnet", "any")
    some = Variant(models=("u2netp",), sets=("soft",))
    assert some.measured("u2netp", "soft")
    assert not some.measured("isnet", "soft")
    assert not some.measured("u2netp", "hard")


def test_sets_are_found_with_their_true_colours(data: Path) -> None:
    sets = read_sets(data)
    assert {name: len(group) for name, group in sets.items()} == {"hard": 6, "soft": 6}
    assert sets["hard"][0].foreground() is None
    colours = sets["soft"][2].foreground()
    assert colours is not None
    assert colours.shape == (40, 50, 3)
    with pytest.raises(FileNotFoundError, match="other"):
        read_sets(data, ["soft", "other"])


def test_each_variant_gets_the_photo_as_it_was(data: Path) -> None:
    """`black` paints over what it is given, and is not the last one."""
    results = {(r["set"], r["recipe"]): r for r in scoring.summarise(rows_of(data))}
    truthful = results["soft", "default"]
    assert (truthful["iou"], truthful["boundary_f"], truthful["max_f"], truthful["mae"]) == (1, 1, 1, 0)
    assert truthful["n"] == 6
    assert truthful["composite_error"] == 0
    assert results["soft", "black"]["composite_error"] > 1
    assert results["hard", "black"]["composite_error"] is None
    # 20 x 22.5 of 40 x 50 pixels on average
    assert results["hard", "whole"]["iou"] == pytest.approx(20 * 22.5 / 2000, rel=1e-3)


def test_a_box_is_drawn_around_the_true_mask_with_a_margin(data: Path) -> None:
    """20 x 20 in a box 2 pixels wider each way: 24 x 24 pixels of alpha."""
    row = next(row for row in rows_of(data) if (row.set, row.recipe, row.stem) == ("hard", "box", "T0"))
    assert row.figures["iou"] == pytest.approx(400 / 576)


def test_what_is_known_of_true_alpha_does_not_depend_on_the_mask(data: Path) -> None:
    found = {(entry["recipe"], entry["alpha"]): entry["mean"] for entry in scoring.composites(rows_of(data))}
    assert found["whole", "true"] == found["default", "true"] == found["default", "found"] == 0
    assert found["black", "true"] == found["black", "found"] > 0
    assert found["whole", "found"] > 0


def test_comparisons_name_halves_and_pairs(data: Path) -> None:
    made = scoring.comparisons(rows_of(data), STEPS)
    pairs = {(c["set"], c["recipe"], c["against"], c["half"]) for c in made}
    assert ("soft", "default", "whole", "all") in pairs
    assert {half for *_, half in pairs} == {"all", *HALVES}
    whole = next(c for c in made if (c["set"], c["against"], c["half"]) == ("hard", "whole", "all"))
    assert whole["iou"]["difference"][0] == pytest.approx(1 - 20 * 22.5 / 2000, rel=1e-3)
    assert whole["mae"]["ratio"][0] == 0
    assert "composite_error" not in whole
    sizes = [sum(c[figure]["n"] for c in made if _is(c, half)) for half in HALVES for figure in ("iou",)]
    assert sum(sizes) == 6


def _is(comparison: dict[str, Any], half: str) -> bool:
    return (comparison["set"], comparison["against"], comparison["half"]) == ("hard", "whole", half)


def test_results_are_written_as_json_and_laid_out(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quality, "RESULTS", tmp_path)
    monkeypatch.setattr(quality, "ROOT", tmp_path)
    rows = rows_of(data)
    quality.write("here", quality.to_tables(rows, STEPS))
    file = json.loads((tmp_path / "quality.json").read_text("utf-8"))
    assert file["machine"] == "here"
    assert set(file["results"][0]) == {
        "set", "model", "recipe", "n", "mae", "max_f", "iou", "boundary_f", "sad", "mse", "grad",
        "composite_error", "ms",
    }  # fmt: skip
    assert headlines(file).count("| soft | tiny | default |") == 1  # no peer was measured, so no comparison
    assert "default - whole" in comparison_table(file["comparisons"])
    quality.report(rows, file)


def test_points_where_more_is_better_and_per_cent_of_errors() -> None:
    figures = {"n": 9, "difference": [0.012, 0.004, 0.02], "ratio": [0.93, 0.9, 1.01]}
    comparison = {"boundary_f": figures, "grad": figures, "mae": {**figures, "ratio": [0.5, None, None]}}
    assert change("boundary_f", comparison) == "+1.2 [+0.4, +2.0]"
    assert change("grad", comparison) == "-7.0 [-10.0, +1.0]"
    assert change("mae", comparison) == "-50.0"
    assert change("composite_error", comparison) == ""


class Prepared:
    """Gives the truth for a map."""

    def __init__(self, sample: Sample) -> None:
        self.levels = sample.truth()

    async def run(self, pixels: Bytes8) -> Bytes8:
        return self.levels


def test_what_is_measured_is_what_the_site_makes(data: Path) -> None:
    """The default variant is the pipeline, to the byte: alpha everywhere, colours where they are seen."""
    sample, variant, size = read_sets(data)["soft"][0], VARIANTS["default"], spec(50, 40)
    photo, session = sample.photo(), Prepared(sample)
    seen = maps.seen(photo, None, variant, size)
    cut = scoring.cut_out(photo, session.levels, seen, variant, None)
    file = run(remove_background(file_of(photo.rgb), session, size)).data
    found = pixels_of(file)
    np.testing.assert_array_equal(found[..., 3], np.asarray(cut.alpha))
    visible = found[..., 3] > 0
    np.testing.assert_array_equal(found[visible][:, :3], np.asarray(cut.rgb)[visible])
    assert (np.asarray(cut.rgb) != np.asarray(photo.rgb)).any()


# ---- maps ------------------------------------------------------------------------------------------


def test_maps_are_kept_until_what_they_depend_on_changes(data: Path, tmp_path: Path) -> None:
    runs = []

    class Net:
        def __init__(self) -> None:
            self.spec = spec(8, 6)

        def session(self, scaling: object) -> LuminanceSession:
            runs.append(scaling)
            return LuminanceSession()

    sample, net, folder = read_sets(data)["hard"][0], Net(), tmp_path / "maps"
    folder.mkdir()
    plain, boxed, corner = (VARIANTS[name] for name in ("plain", "box", "no antialias"))
    first = maps._fill_one(folder, net, "graph", plain, sample)  # type: ignore[arg-type]
    assert maps.read(first).shape == (6, 8)
    assert maps._fill_one(folder, net, "graph", plain, sample) == first  # type: ignore[arg-type]
    assert len(runs) == 1
    others = {
        maps._fill_one(folder, net, graph, variant, sample)  # type: ignore[arg-type]
        for graph, variant in (("other", plain), ("graph", boxed), ("graph", corner))
    }
    assert len(others | {first}) == 4


# ---- pictures --------------------------------------------------------------------------------------


def test_sheets_show_the_cutout_on_magenta() -> None:
    cut = scoring.Cut(Image.new("RGB", (60, 40), "red"), Image.fromarray(np.zeros((40, 60), np.uint8)))
    assert over(cut, (255, 0, 255)).getcolors() == [(2400, (255, 0, 255))]
    shown = Shown("a title", cut.rgb, np.zeros((40, 60), np.uint8), cut)
    assert sheet([shown] * 3).size == (1800, 2 * 316)


def test_the_picture_of_edges_has_both_variants_on_both_grounds() -> None:
    from alphacut.image import Photo

    photo = Photo(Image.new("RGB", (100, 90), (10, 200, 30)), None, "PNG")
    levels = np.full((9, 10), 128, np.uint8)
    made = picture(
        [Edge("e", "a.png", 3, 2)], {"a.png": photo},
        {"before": STEPS["default"], "after": STEPS["black"]}, lambda photo, variant: (levels, noise(10, 9)),
    )  # fmt: skip
    cell = ZOOM * SIDE
    assert made.height == 22 + cell + 6
    middles = [made.getpixel((column * (cell + 6) + cell // 2, 22 + cell // 2)) for column in range(5)]
    assert middles == [(10, 200, 30), (132, 100, 142), (127, 0, 127), (132, 227, 142), (127, 127, 127)]


# ---- undecided -------------------------------------------------------------------------------------


def test_thresholds_say_how_many_wrong_masks_they_would_name() -> None:
    said = undecided.lines([(0.1, 0.9), (0.15, 0.95), (0.45, 0.2)], thresholds=(0.3, 0.9))
    assert "1 of 3 failed" in said[0]
    assert len(said) == 2  # nothing lies above .9
    assert said[1].split()[:2] == ["above", "0.3:"]
    assert "mean IoU 0.200, below 0.925; 1 of them failed" in said[1]
