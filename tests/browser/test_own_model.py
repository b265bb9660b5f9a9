"""Bring your own model: picked or dropped, explained, added, run as natively, kept over a reload, removed."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from PIL import Image
from playwright.sync_api import Page, expect

from alphacut.image import decode
from alphacut.mask import alpha_of
from alphacut.models import ModelSpec
from alphacut.preprocess import network_input
from alphacut.recipe import DEFAULT
from alphacut.store.catalog import read_models
from alphacut.store.fetch import Cache, fetch_all
from tests.browser.driver import Driver, pixels
from tests.helpers import MEAN, STD

SIDE = 64


def third() -> onnx.ModelProto:
    """Make a small U-shaped network: any size, channels first, raw scores that follow the photo's redness."""
    random = np.random.default_rng(3)
    redness = np.array([6, -3, -3], np.float32).reshape(1, 3, 1, 1)
    stored = {
        "down": random.normal(0, 0.3, (8, 3, 3, 3)).astype(np.float32),
        "deep": random.normal(0, 0.2, (8, 8, 3, 3)).astype(np.float32),
        "up": random.normal(0, 0.2, (8, 4, 2, 2)).astype(np.float32),
        "last": random.normal(0, 0.2, (1, 7, 1, 1)).astype(np.float32),
        "red": redness,
    }
    nodes = [
        helper.make_node("Conv", ["image", "down"], ["d"], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["d"], ["dr"]),
        helper.make_node("MaxPool", ["dr"], ["p"], kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("Conv", ["p", "deep"], ["q"], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["q"], ["qr"]),
        helper.make_node("ConvTranspose", ["qr", "up"], ["u"], strides=[2, 2]),
        helper.make_node("Concat", ["u", "image"], ["both"], axis=1),
        helper.make_node("Conv", ["both", "last"], ["soft"]),
        helper.make_node("Conv", ["image", "red"], ["hard"]),
        helper.make_node("Add", ["soft", "hard"], ["scores"]),
    ]
    graph = helper.make_graph(
        nodes,
        "third",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, "height", "width"])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, [1, 1, "height", "width"])],
        [numpy_helper.from_array(value, name) for name, value in stored.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model, full_check=True)
    return model


@pytest.fixture
def third_file(tmp_path: Path) -> Path:
    path = tmp_path / "third.onnx"
    path.write_bytes(third().SerializeToString())
    return path


def natively(path: Path, photo: Path) -> NDArray[np.float64]:
    """Alpha at the network's size, by native onnxruntime on the file as it is."""
    of = ModelSpec(id="third", width=SIDE, height=SIDE, mean=MEAN, std=STD)
    (small,) = network_input(decode(photo.read_bytes()), of)
    planes = ((small / 255 - MEAN) / STD).transpose(2, 0, 1)[None].astype(np.float32)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    scores = np.asarray(session.run(None, {session.get_inputs()[0].name: planes})[0], np.float64)[0, 0]
    return np.asarray(255 / (1 + np.exp(-scores)))


def pick(page: Page, file: Path) -> None:
    page.click("#settings-open")
    page.click("#own-open")
    expect(page.locator("#own-dialog")).to_be_visible()
    page.set_input_files("#own-file", file)


def drop(page: Page, name: str, data: bytes) -> None:
    transfer = page.evaluate_handle(
        """({ data, name }) => {
          const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
          const transfer = new DataTransfer();
          transfer.items.add(new File([bytes], name));
          return transfer;
        }""",
        {"data": base64.b64encode(data).decode(), "name": name},
    )
    page.dispatch_event("body", "drop", {"dataTransfer": transfer})


def kept(page: Page) -> list[str]:
    """Names of the files of visitors' models, and of whatever else belongs to no model of the site."""
    names: list[str] = page.evaluate(
        """async () => {
          const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle("alphacut-models");
          const ours = JSON.stringify(await (await fetch("site.json")).json());
          return (await Array.fromAsync(folder.keys())).filter((name) => !ours.includes(name));
        }"""
    )
    return names


def add(page: Page, *, seconds: float = 120) -> None:
    page.click("#own-add")
    dialog = page.locator("#own-dialog")
    expect(page.locator("#own-problem")).to_be_hidden()
    expect(dialog).to_be_hidden(timeout=seconds * 1000)


def test_a_third_model_is_added_runs_as_natively_survives_a_reload_and_is_removed(
    driver: Driver, site: Path, third_file: Path, tmp_path: Path
) -> None:
    photo = site / "samples" / "astronaut.png"
    page = driver.page
    driver.open(model="tiny")
    driver.wait_for("ready")
    assert not any("runtime/extra" in url for url in driver.requests), "loaded for those who bring a model"
    pick(page, third_file)
    expect(page.locator("#own-form")).to_be_visible(timeout=60_000)
    expect(page.locator("#own-facts")).to_contain_text("any size, RGB, channels first, float32")
    expect(page.locator("#own-normalisation")).to_have_value("imagenet")
    expect(page.locator("#own-normalisation-why")).to_contain_text("can't be told")
    expect(page.locator("#own-activation")).to_have_value("logits")
    expect(page.locator("#own-output-label")).to_be_hidden()
    page.fill("#own-name", "Redness")
    page.fill("#own-width", str(SIDE))
    page.fill("#own-height", str(SIDE))
    add(page)
    assert any("runtime/extra" in url for url in driver.requests)
    expect(page.locator("#model option:checked")).to_contain_text("Redness")
    expect(page.locator("#note")).to_contain_text("Redness")

    report = driver.cut_out(photo)
    assert report["model"].startswith("own-")
    ours = pixels(driver.download(tmp_path))
    levels, image = np.rint(natively(third_file, photo)).astype(np.uint8), decode(photo.read_bytes())
    (seen,) = network_input(image, ModelSpec(id="third", width=SIDE, height=SIDE, mean=MEAN, std=STD))
    apart = np.abs(ours[..., 3] - np.asarray(alpha_of(levels, image.rgb, seen, DEFAULT)).astype(np.int16))
    assert apart.max() <= 32  # one level of the map, where it decides whether a pixel is soft
    assert apart.mean() < 0.1
    assert ours[..., 3].std() > 20

    page.goto(f"{driver.url}?device=wasm")
    expect(page.locator("#model option:checked")).to_contain_text("Redness")
    before = len(driver.requests)
    driver.cut_out(photo)
    np.testing.assert_array_equal(pixels(driver.download(tmp_path)), ours)
    assert not any("/models/" in url or "/own" in url for url in driver.requests[before:])

    page.click("#settings-open")
    page.click("#own-remove")
    expect(page.locator("#model option:checked")).to_contain_text("U²-Netp")
    expect(page.locator("#model")).to_be_focused()
    page.reload()
    expect(page.locator("#model")).to_be_enabled()
    expect(page.locator("#model optgroup")).to_have_count(0)
    assert kept(page) == []


def test_a_dropped_file_that_is_no_model_is_explained_and_the_page_goes_on(
    driver: Driver, site: Path, third_file: Path
) -> None:
    page = driver.page
    driver.open(model="tiny")
    driver.wait_for("ready")
    drop(page, "notes.onnx", b"These are my notes, not a network. " * 20)
    expect(page.locator("#own-message")).to_have_text("The file is not an ONNX model.", timeout=60_000)
    expect(page.locator("#own-hint")).not_to_be_empty()
    expect(page.locator("#own-code")).to_have_text("bad-model")
    with (third_file.with_name("huge.onnx")).open("wb") as huge:
        huge.truncate(400_000_001)
    page.set_input_files("#own-file", huge.name)
    expect(page.locator("#own-message")).to_contain_text("at most 400 MB")
    page.set_input_files("#own-file", third_file)  # another one, at once
    expect(page.locator("#own-form")).to_be_visible(timeout=60_000)
    page.keyboard.press("Escape")
    expect(page.locator("#own-dialog")).to_be_hidden()
    driver.cut_out(site / "samples" / "chelsea.png")


def test_a_model_that_does_not_run_is_not_kept(driver: Driver, tmp_path: Path) -> None:
    """It passes the rewriting; only running it shows that it asks for a channel that is not there."""
    model = third()
    scores = next(node for node in model.graph.node if node.output[0] == "scores")
    scores.output[0] = "sum"
    model.graph.node.append(helper.make_node("Gather", ["sum", "sixth"], ["scores"], axis=1))
    model.graph.initializer.append(numpy_helper.from_array(np.array([5], np.int64), "sixth"))
    (tmp_path / "gather.onnx").write_bytes(model.SerializeToString())
    page = driver.page
    driver.open(model="tiny")
    pick(page, tmp_path / "gather.onnx")
    expect(page.locator("#own-form")).to_be_visible(timeout=60_000)
    page.fill("#own-width", str(SIDE))
    page.fill("#own-height", str(SIDE))
    page.click("#own-add")
    expect(page.locator("#own-message")).to_contain_text("The network failed", timeout=60_000)
    assert kept(page) == []
    page.click("#own-close")
    expect(page.locator("#model option:checked")).to_contain_text("tiny")
    assert all("Gather" in complaint for complaint in driver.complaints)  # ONNX Runtime's own words
    driver.complaints.clear()


def test_clearing_what_the_browser_keeps_clears_own_models_too(driver: Driver, third_file: Path) -> None:
    page = driver.page
    driver.open(model="tiny")
    pick(page, third_file)
    expect(page.locator("#own-form")).to_be_visible(timeout=60_000)
    page.fill("#own-width", str(SIDE))
    page.fill("#own-height", str(SIDE))
    add(page)
    expect(page.locator("#model optgroup")).to_have_count(1)
    driver.wait_for("ready")
    page.click("#storage summary")
    page.once("dialog", lambda asked: asked.accept())  # an own model can't be downloaded again
    page.click("#forget")
    expect(page.locator("#model optgroup")).to_have_count(0)
    expect(page.locator("#model option:checked")).to_contain_text("U²-Netp")
    assert kept(page) == []


def test_custom_numbers_by_keyboard(driver: Driver, third_file: Path) -> None:
    page = driver.page
    driver.open(model="tiny")
    page.click("#settings-open")
    page.focus("#own-open")
    page.keyboard.press("Enter")
    expect(page.locator("#own-title")).to_be_focused()
    page.set_input_files("#own-file", third_file)
    expect(page.locator("#own-form")).to_be_visible(timeout=60_000)
    expect(page.locator("#own-title")).to_be_focused()
    page.select_option("#own-normalisation", "custom")
    expect(page.locator("#own-mean")).to_be_focused()
    page.fill("#own-std", "1 0 1")
    page.keyboard.press("Enter")
    expect(page.locator("#own-form")).to_be_visible()
    assert page.evaluate("document.querySelector('#own-std').validationMessage").startswith("Three numbers")


def test_the_published_file_of_isnet(driver: Driver, site: Path, tmp_path: Path) -> None:
    published = read_models()["isnet"].published
    file = fetch_all([published], Cache.default(), offline=False)[published.name]
    path = tmp_path / "isnet.onnx"
    path.symlink_to(file)
    page = driver.page
    driver.open(model="tiny")
    driver.wait_for("ready")
    pick(page, path)
    expect(page.locator("#own-form")).to_be_visible(timeout=120_000)
    expect(page.locator("#own-facts")).to_contain_text("pixels, RGB, channels first")
    expect(page.locator("#own-size")).to_be_hidden()
    expect(page.locator("#own-normalisation")).to_have_value("centred")
    expect(page.locator("#own-output")).to_have_value("output")
    expect(page.locator("#own-activation")).to_have_value("alpha")
    add(page, seconds=300)
    report = driver.cut_out(site / "samples" / "chelsea.png", seconds=300)
    assert report["device"]["provider"] == "wasm"
    with Image.open(driver.download(tmp_path)) as image:
        alpha = np.asarray(image)[..., 3]
    assert alpha.mean() > 40
    assert json.loads(page.locator("#report").text_content() or "")["model"].startswith("own-")
