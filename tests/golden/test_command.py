"""The command `alphacut` as people run it: a process, with a real network."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from alphacut.pipeline import remove_background
from alphacut.store.cache import Cache
from alphacut.store.fetch import fetch_all
from alphacut.store.opening import NativeModels
from tests.helpers import pixels_of, run
from tools.catalog import read_catalog

COMMAND = [sys.executable, "-c", "import sys; from alphacut.cli import main; sys.exit(main())"]


@pytest.fixture(scope="module")
def photo() -> Path:
    part = read_catalog().components["scikit-image"].files["chelsea.png"]
    return fetch_all([part], Cache.default(), offline=False)[part.name]


@pytest.fixture(scope="module")
def wanted(photo: Path) -> bytes:
    """What the pipeline makes of the photo."""
    opened = NativeModels().open_now("u2netp")
    return run(remove_background(photo.read_bytes(), opened.session, opened.spec)).data


def alphacut(*arguments: str, folder: Path, data: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([*COMMAND, *arguments], cwd=folder, input=data, capture_output=True, check=False)


def test_a_photo_goes_through_the_pipe(photo: Path, wanted: bytes, tmp_path: Path) -> None:
    for arguments in (("-",), ("-", "-o", "-")):
        done = alphacut(*arguments, folder=tmp_path, data=photo.read_bytes())
        assert (done.returncode, done.stderr) == (0, b"")
        assert done.stdout == wanted
    assert not list(tmp_path.iterdir())


def test_files_are_those_of_the_pipeline_and_each_is_told(photo: Path, wanted: bytes, tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        (tmp_path / name).write_bytes(photo.read_bytes())
    done = alphacut("--json", "--threads", "1", "*.png", folder=tmp_path)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(line["path"], line["output"]) for line in lines] == [
        ("a.png", "a-cutout.png"), ("b.png", "b-cutout.png"),
    ]  # fmt: skip
    for line in lines:
        assert (line["width"], line["height"], line["model"], line["notes"]) == (451, 300, "u2netp", [])
        np.testing.assert_array_equal(pixels_of((tmp_path / line["output"]).read_bytes()), pixels_of(wanted))


def test_a_reader_that_went_away_is_no_traceback(photo: Path, tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [*COMMAND, str(photo), "-o", "-"], cwd=tmp_path, stdout=writing, stderr=subprocess.PIPE, check=False
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (1, b"")


@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGTERM])
def test_who_interrupts_keeps_what_is_finished_and_nothing_half(
    photo: Path, wanted: bytes, tmp_path: Path, kind: signal.Signals
) -> None:
    names = [f"{number:02}.png" for number in range(40)]
    for name in names:
        (tmp_path / name).write_bytes(photo.read_bytes())
    process = subprocess.Popen(
        [*COMMAND, "--json", *names], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(kind, signal.SIG_DFL),  # noqa: PLW1509 - run in the background, tests ignore one
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stderr is not None
    first = json.loads(process.stdout.readline())
    process.send_signal(kind)
    out, err = process.communicate()
    assert (process.returncode, b"Traceback" in err, b"interrupted" in err) == (130, False, True)
    done = [first, *map(json.loads, out.splitlines())]
    assert len(done) < len(names)
    made = sorted(path.name for path in tmp_path.iterdir() if path.name not in names)
    assert made == [line["output"] for line in done]
    assert (tmp_path / first["output"]).read_bytes() == wanted


def test_the_list_of_networks_needs_no_network_runtime(tmp_path: Path) -> None:
    code = """
import sys
for name in ("numpy", "onnx", "onnxruntime", "PIL"):
    sys.modules[name] = None
from alphacut.cli import main
sys.exit(main(["models"]))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "u2netp" in done.stdout
