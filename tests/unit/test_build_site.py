"""The command line of the build: what is missing offline, what is unknown, what is current."""

from __future__ import annotations

from pathlib import Path

import pytest

import build_site
from alphacut.store.catalog import CatalogError, choose, read_models


def test_offline_with_an_empty_cache_lists_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ALPHACUT_CACHE", str(tmp_path / "cache"))
    arguments = ["--offline", "--models", "u2netp", "--out", str(tmp_path / "site")]
    assert build_site.main(arguments) == 1
    said = capsys.readouterr().err
    assert "pyodide.asm.wasm" in said
    assert "u2netp.onnx" in said
    assert "isnet.onnx" not in said
    assert not (tmp_path / "site").exists()


def test_the_npm_package_is_made_beside_the_site_where_it_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site, made = tmp_path / "site", []
    monkeypatch.setattr(build_site, "_build", lambda options, *_: options.out)
    monkeypatch.setattr(build_site, "package", lambda *folders: made.append(folders))
    assert build_site.main(["--out", str(site)]) == 0
    assert made == []
    assert build_site.main(["--out", str(site), "--npm"]) == 0
    assert made == [(site, tmp_path / "npm")]


def test_an_unknown_model_is_named_with_those_there_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert build_site.main(["--models", "u2netp,u3net", "--out", str(tmp_path / "site")]) == 1
    said = capsys.readouterr().err
    assert "u3net" in said
    assert "isnet" in said


def test_the_default_model_comes_first_and_an_empty_choice_is_refused() -> None:
    models = read_models()
    assert choose(models, None)[0].id == "u2netp"
    assert [model.id for model in choose(models, ["isnet", "u2netp"])] == ["u2netp", "isnet"]
    with pytest.raises(CatalogError):
        choose(models, [])


def test_options_keep_their_defaults() -> None:
    options = build_site._parse([])
    assert options == build_site.Options(out=build_site.Options.out.resolve())
