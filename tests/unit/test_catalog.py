"""Models are data: a third one is one TOML file, and a TOML that can't be meant is named."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

from alphacut.errors import AlphacutError
from alphacut.native import NativeSession
from alphacut.onnx_graph import TARGETS, Target
from alphacut.pipeline import remove_background
from alphacut.recipe import PLAIN
from alphacut.self_check import stretched, summary, tile
from alphacut.store import catalog
from alphacut.store.catalog import CatalogError, choose, read_models
from alphacut.store.fetch import Cache, fetch_all
from alphacut.store.networks import Network, prepare
from tests.graphs import run_graph
from tests.helpers import MEAN, STD, FakeSession, file_of, noise, pixels_of, run
from tests.networks import network
from tools.catalog import read_catalog

THIRD = """
title = "Third"
summary = "Small enough for a test."
default = false

[licence]
name = "CC0"
url = "https://example.org"
notice = ""
credit = "this test"

[published]
sha256 = "{sha256}"
bytes = {bytes}
sources = [{{ file = "third.onnx" }}]

[graph]
output = "alpha"
gpu_precision = "float16"

[spec]
width = 24
height = 16
mean = [0.485, 0.456, 0.406]
std = [0.229, 0.224, 0.225]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one network and the TOML that describes it."""
    made = tmp_path / "models"
    made.mkdir()
    published = network().SerializeToString()
    (made / "third.onnx").write_bytes(published)
    (made / "third.toml").write_text(
        THIRD.format(sha256=hashlib.sha256(published).hexdigest(), bytes=len(published))
    )
    return made


@pytest.mark.parametrize("target", TARGETS)
def test_a_third_model_is_one_toml_file(folder: Path, tmp_path: Path, target: Target) -> None:
    third = read_models([folder])["third"]
    cache = Cache(tmp_path / "cache")
    files = fetch_all([third.published], cache, offline=False)
    prepared = prepare(third, files[third.published.name], cache.root)
    pixels = noise(24, 16)
    session = FakeSession(run_graph(prepared.graph(target), pixels[None]))
    if target == "wasm-float32":
        assert (
            run(NativeSession(prepared.graph(target)).run(pixels[None])).tolist() == session.levels.tolist()
        )
    cutout = pixels_of(run(remove_background(file_of(pixels), session, third.spec, recipe=PLAIN)).data)

    normal = ((pixels / 255 - MEAN) / STD).transpose(2, 0, 1)[None].astype(np.float32)
    reference = onnxruntime.InferenceSession(
        network().SerializeToString(), providers=["CPUExecutionProvider"]
    )
    alpha = np.asarray(reference.run(["alpha"], {"photo": normal})[0])[0, 0] * 255
    assert alpha.std() > 5
    assert np.abs(cutout[..., 3] - alpha).max() <= (0.51 if target.endswith("float32") else 1.5)
    seen = cutout[..., 3] > 0
    np.testing.assert_array_equal(cutout[seen][:, :3], pixels[seen])


def test_what_was_prepared_once_is_not_prepared_again(folder: Path, tmp_path: Path) -> None:
    third = read_models([folder])["third"]
    first = prepare(third, folder / "third.onnx", tmp_path)
    (folder / "third.onnx").unlink()
    assert prepare(third, folder / "third.onnx", tmp_path) == first
    graphs = {f"{target}.onnx" for target in TARGETS}
    files = {"weights.bin", "check.bin", "largest.json", "sha256.json", *graphs}
    assert {path.name for path in first.folder.iterdir()} == files


def test_beside_a_network_lie_its_self_check_and_its_largest_tensors(folder: Path, tmp_path: Path) -> None:
    third = read_models([folder])["third"]
    prepared = prepare(third, folder / "third.onnx", tmp_path)
    check = prepared.check.read_bytes()
    assert len(check) == 3 * 32 * 32 + 16 * 16
    assert check[: 3 * 32 * 32] == tile().tobytes()
    levels = run_graph(prepared.graph("wasm-float32"), stretched(24, 16))
    assert check[3 * 32 * 32 :] == summary(levels).tobytes()
    largest = json.loads(prepared.largest.read_text())
    assert largest == {
        "webgpu-float16": 2 * 20 * 16 * 24,
        "webgpu-float32": 4 * 20 * 16 * 24,
        "wasm-float32": 4 * 20 * 16 * 24,
    }


def test_networks_are_prepared_while_an_event_loop_runs(folder: Path, tmp_path: Path) -> None:
    """As in browser tests, where Playwright's runs in the thread that builds the site."""

    async def within() -> Network:
        return prepare(read_models([folder])["third"], folder / "third.onnx", tmp_path)

    assert run(within()).check.is_file()


@pytest.mark.parametrize("change", [{"output": "side"}, {"gpu_precision": "float32"}, {"mean": (0.5,) * 3}])
def test_a_network_is_prepared_anew_where_the_result_changes(
    folder: Path, tmp_path: Path, change: dict[str, Any]
) -> None:
    third = read_models([folder])["third"]
    other = (
        replace(third, spec=replace(third.spec, **change)) if "mean" in change else replace(third, **change)
    )
    first, second = (prepare(model, folder / "third.onnx", tmp_path) for model in (third, other))
    assert (first.folder == second.folder) == ("gpu_precision" in change)  # which the worker alone heeds


def test_what_was_damaged_in_the_cache_is_prepared_again(folder: Path, tmp_path: Path) -> None:
    third = read_models([folder])["third"]
    damaged = prepare(third, folder / "third.onnx", tmp_path)
    for file in (damaged.weights, damaged.check, damaged.largest, damaged.graph("webgpu-float16")):
        right = file.read_bytes()
        file.write_bytes(bytes([right[0] ^ 1]) + right[1:])
        prepare(third, folder / "third.onnx", tmp_path)
        assert file.read_bytes() == right


def test_our_folder_and_another_are_read_together(folder: Path) -> None:
    known = read_models([Path(__file__).parents[2] / "models", folder])
    assert {"u2netp", "isnet", "third"} <= set(known)


def test_the_small_model_is_the_default_and_comes_first_the_large_one_shows_its_licence() -> None:
    first, *others = choose(read_models(), None)
    assert (first.id, first.default, first.licence.name, first.licence.notice) == (
        "u2netp",
        True,
        "Apache-2.0",
        "",
    )
    assert "isnet" in {model.id for model in others}
    assert not any(model.default for model in others)
    isnet = read_models()["isnet"]
    assert "restrict commercial use" in isnet.licence.notice
    assert (first.gpu_precision, isnet.gpu_precision) == ("float32", "float16")


def test_models_can_be_chosen_by_id_and_the_default_still_comes_first() -> None:
    known = read_models()
    assert [model.id for model in choose(known, ["isnet", "u2netp"])] == ["u2netp", "isnet"]
    assert [model.id for model in choose(known, ["isnet"])] == ["isnet"]


def test_an_unknown_model_is_named_with_those_there_are() -> None:
    with pytest.raises(CatalogError, match=r"u3net.*u2netp"):
        choose(read_models(), ["u2netp", "u3net"])


def test_a_site_without_models_is_refused() -> None:
    with pytest.raises(CatalogError, match="at least one"):
        choose(read_models(), [])


def without(line: str) -> Callable[[str], str]:
    return lambda text: "\n".join(kept for kept in text.splitlines() if not kept.startswith(line))


@pytest.mark.parametrize(
    "damage",
    [
        *(
            without(line)
            for line in (
                "title",
                "default",
                "name",
                "sha256",
                "sources",
                "output",
                "width",
                "[spec]",
                "[graph]",
            )
        ),
        without("gpu_precision"),
        lambda text: text.replace('gpu_precision = "float16"', 'gpu_precision = "float8"'),
        lambda text: text + "\n[",
        lambda text: text.replace('file = "third.onnx"', 'ftp = "third.onnx"'),
        lambda text: text.replace("[licence]", "[licence]\nlicense = 1"),
    ],
)
def test_a_toml_that_can_not_be_meant_is_named(folder: Path, damage: Callable[[str], str]) -> None:
    file = folder / "third.toml"
    file.write_text(damage(file.read_text()))
    with pytest.raises(CatalogError, match=r"third\.toml"):
        read_models([folder])


def test_an_error_of_the_catalog_is_ours_and_says_what_to_do_about_our_own_files(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "third.toml").write_text("../../../../models/third.toml")  # as git on Windows leaves a link
    with pytest.raises(AlphacutError) as caught:
        read_models([folder])
    assert (caught.value.code, caught.value.hint) == ("bad-model", "")
    monkeypatch.setattr(catalog, "FOLDER", folder)
    for _ in range(2):
        with pytest.raises(AlphacutError) as caught:
            read_models([folder])
        assert "core.symlinks" in caught.value.hint
        (folder / "third.toml").unlink(missing_ok=True)  # then there is none
    (folder / "third.toml").symlink_to("nowhere")
    with pytest.raises(CatalogError, match=r"third\.toml"):
        read_models([folder])


def test_the_samples_are_pinned_and_their_authors_named() -> None:
    catalog = read_catalog()
    pinned = catalog.components["scikit-image"].files
    assert len(catalog.samples) == 3
    for sample in catalog.samples:
        assert sample.file in pinned
        assert sample.credit
        assert sample.licence in {"CC0", "public domain"}


def test_every_part_has_a_source_upstream_before_any_mirror_and_a_licence() -> None:
    for component in read_catalog().components.values():
        assert component.licence
        for part in component.files.values():
            kinds = [type(source).__name__ for source in part.sources]
            # What its makers publish on PyPI alone is there upstream.
            assert (
                kinds == ["PypiSource"] if component.id in {"onnx", "protobuf"} else kinds[0] == "UrlSource"
            )
            assert len(kinds) >= 2 or component.id in {"onnx", "protobuf"}
            assert len(part.sha256) == 64
