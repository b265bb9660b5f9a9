"""Networks under CPython: fetched and made ready once, opened once, and what is missing is told."""

from __future__ import annotations

import asyncio
import builtins
import hashlib
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from alphacut.backend import Opened
from alphacut.errors import AlphacutError, RuntimeMissingError, UnknownModelError
from alphacut.store import catalog, networks
from alphacut.store.catalog import FOLDER, fetched, named, read_models
from alphacut.store.opening import NativeModels
from tests.helpers import ROOT, noise, run, unheard
from tests.networks import network
from tests.unit.test_catalog import THIRD


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model `third` and an empty cache."""
    made = tmp_path / "models"
    made.mkdir()
    published = network().SerializeToString()
    (made / "third.onnx").write_bytes(published)
    sha256 = hashlib.sha256(published).hexdigest()
    (made / "third.toml").write_text(THIRD.format(sha256=sha256, bytes=len(published)))
    monkeypatch.setenv("ALPHACUT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(catalog, "read_models", lambda: read_models([made]))
    return made


def test_a_network_is_fetched_and_made_ready_and_runs(folder: Path) -> None:
    assert fetched(named("third")) is None
    opened = run(NativeModels(threads=1).open("third", unheard))
    assert (opened.spec.id, opened.title, opened.notice) == ("third", "Third", "")
    assert run(opened.session.run(noise(24, 16)[None])).shape == (16, 24)
    assert fetched(named("third")) is not None


def test_what_is_ready_needs_neither_source_nor_work(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(NativeModels().open("third", unheard))
    (folder / "third.onnx").unlink()
    monkeypatch.setattr(networks, "prepare", None)
    assert run(NativeModels().open("third", unheard)).spec.id == "third"


def test_calls_at_the_same_time_open_one(folder: Path) -> None:
    models, found = NativeModels(), list[Opened]()
    ready = threading.Barrier(4)

    def ask() -> None:
        ready.wait()
        found.append(asyncio.run(models.open("third", unheard)))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(opened) for opened in found}) == 1


def test_a_model_that_can_not_be_had_is_asked_for_again(folder: Path) -> None:
    away = folder / "away.onnx"
    (folder / "third.onnx").rename(away)
    models = NativeModels()
    with pytest.raises(AlphacutError) as caught:
        run(models.open("third", unheard))
    assert caught.value.code == "download-failed"
    away.rename(folder / "third.onnx")
    assert run(models.open("third", unheard)).spec.id == "third"


def test_a_file_that_is_not_the_one_pinned_is_refused(folder: Path) -> None:
    (folder / "third.onnx").write_bytes(b"another")
    with pytest.raises(AlphacutError) as caught:
        run(NativeModels().open("third", unheard))
    assert caught.value.code == "hash-mismatch"


def test_an_unknown_model_is_named_with_those_there_are(folder: Path) -> None:
    with pytest.raises(UnknownModelError, match="fourth") as caught:
        run(NativeModels().open("fourth", unheard))
    assert "third" in caught.value.hint


def test_the_licence_is_told_before_anything_is_fetched_and_only_then(folder: Path) -> None:
    toml = folder / "third.toml"
    toml.write_text(toml.read_text().replace('notice = ""', 'notice = "Ask a lawyer."'))
    heard: list[tuple[str, str, bool]] = []

    def tell(title: str, notice: str) -> None:
        heard.append((title, notice, fetched(named("third")) is None))

    models = NativeModels()
    for _ in range(2):
        run(models.open("third", tell))
    assert heard == [("Third", "Ask a lawyer.", True)]


def test_who_hears_of_the_licence_can_refuse_and_nothing_is_fetched(folder: Path) -> None:
    def refuse(title: str, notice: str) -> None:
        raise UserWarning(title)

    with pytest.raises(UserWarning, match="Third"):
        run(NativeModels().open("third", refuse))
    assert fetched(named("third")) is None


@pytest.mark.parametrize("missing", ["onnxruntime", "onnx"])
def test_without_the_extra_it_is_said_what_to_install(
    folder: Path, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    for name in ("alphacut.native", "alphacut.store.networks"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    plain = builtins.__import__

    def without(name: str, *arguments: Any, **options: Any) -> Any:
        if name.partition(".")[0] == missing:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return plain(name, *arguments, **options)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(RuntimeMissingError, match=missing) as caught:
        run(NativeModels().open("third", unheard))
    assert "alphacut[native]" in caught.value.hint
    assert fetched(named("third")) is None  # told before a download that would be of no use


def test_the_package_holds_every_model_of_the_project() -> None:
    ours = {path.name: path.read_bytes() for path in (ROOT / "models").glob("*.toml")}
    assert {path.name: path.read_bytes() for path in FOLDER.iterdir()} == ours
    for path in FOLDER.iterdir():
        assert path.is_symlink(), f"{path.name} should be a link to models/{path.name}, not a copy"
