"""Each part of others that is shipped is listed: with version, licence, hash and the text that goes along."""

from __future__ import annotations

import json
import re
import zipfile
from hashlib import sha256
from pathlib import Path

import pytest

import build_site
from alphacut.store.catalog import read_models
from alphacut.store.fetch import Cache, fetch_all
from tests.helpers import ROOT
from tools import npm, third_party
from tools.catalog import MODELS_FOLDER, read_catalog
from tools.third_party import FOLDER, SITE_PAGE, TEXTS, listed

SITE = ROOT / "dist" / "site"
ASKED = {"MIT", "MIT-CMU", "BSD-3-Clause", "Apache-2.0", "MPL-2.0", "PSF-2.0", "Apache-2.0 or BSD-2-Clause"}
"""Licences whose text goes along with what is under them."""
NEED_NONE = {"public domain", "CC0", "unclear for the weights"}

OF_OTHERS = ("runtime/", "vendor/", "samples/", "models/")
MADE_OF = {  # what the build makes of parts, by what
    "runtime/pyodide/pyodide-lock.json": "pyodide",
    "runtime/pyodide/empty.zip": "pyodide",
    "runtime/pyodide/python.tar": "pyodide",
    "runtime/pyodide/python-late.tar": "pyodide",
}
OURS = re.compile(r"runtime/(pyodide/alphacut|extra/ml_dtypes)-[\d.]+-py3-none-any\.whl")


def unlisted(
    site: Path, paths: list[str], catalog_folders: dict[str, set[str]], models: list[str]
) -> list[str]:
    """Files in the folders of others' parts that no listed part has."""
    found = []
    for path in paths:
        folder, _, name = path.rpartition("/")
        is_thumb = (
            folder == "samples" and name.removesuffix("-thumb.jpg") + ".png" in catalog_folders["samples"]
        )
        is_model = any(path.startswith(f"models/{model}-") for model in models)
        known = name in catalog_folders.get(folder, set()) or path in MADE_OF or OURS.fullmatch(path)
        if path.startswith(OF_OTHERS) and not (known or is_thumb or is_model):
            found.append(path)
    return found


def served() -> dict[str, set[str]]:
    """Names of the parts' files by folder, as they are served."""
    names: dict[str, set[str]] = {}
    for component in read_catalog().components.values():
        of = {
            name.removesuffix(".mjs") + ".js" if name.endswith(".mjs") else name for name in component.files
        }
        names.setdefault(component.folder, set()).update(of)
    return names


@pytest.fixture(scope="module")
def site() -> Path:
    """The site of now: tools/check.py builds it before it tests, and then nothing is left to do."""
    assert build_site.main([]) == 0
    return SITE


def test_the_table_is_current() -> None:
    assert third_party.main(["--check"]) == 0, "run python -m tools.third_party"


def test_a_changed_version_is_noticed() -> None:
    page = third_party.PAGE.read_text("utf-8")
    version = read_catalog().components["pillow"].version
    assert f"| {version} |" in page
    assert third_party.rendered(page.replace(version, "12.1.9")) == page


def test_every_part_has_version_licence_and_hash() -> None:
    parts = listed()
    models = read_models([MODELS_FOLDER])
    assert {part.id for part in parts} >= {*models, "pyodide", "numpy", "pillow", "onnxruntime-web", "onnx"}
    for part in parts:
        assert part.files, part.id
        assert all(re.fullmatch(r"[0-9a-f]{64}", digest) for digest in part.files.values()), part.id
        assert part.version or part.id in models, part.id


def test_licences_that_ask_for_it_have_their_text() -> None:
    for part in [*listed(), *third_party.of_the_documentation()]:
        assert part.licence in ASKED | NEED_NONE, f"{part.id}: is the text of {part.licence} to be passed on?"
        assert bool(part.text) == (part.licence in ASKED), part.id
    ids = {part.id for part in [*listed(), *third_party.of_the_documentation()] if part.text}
    assert {path.stem for path in TEXTS.glob("*.txt")} == ids, "a text of nothing that is listed"


@pytest.mark.parametrize(
    "id_", ["numpy", "pillow", "micropip", "packaging", "typing_extensions", "protobuf", "onnx"]
)
def test_texts_are_those_that_the_wheels_carry(id_: str) -> None:
    files = read_catalog().components[id_].files.values()
    (wheel,) = fetch_all(list(files), Cache.default(), offline=False).values()
    text = (TEXTS / f"{id_}.txt").read_text("utf-8")
    with zipfile.ZipFile(wheel) as archive:
        carried = [
            name for name in archive.namelist() if re.search(r"dist-info/(licenses/.+|LICENSE.*)$", name)
        ]
        assert carried
        for name in carried:
            assert archive.read(name).decode().strip() in text, name


def test_no_file_of_the_site_belongs_to_no_part(site: Path) -> None:
    models = [one["id"] for one in json.loads((site / "site.json").read_text("utf-8"))["models"]]
    paths = [path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file()]
    assert unlisted(site, paths, served(), models) == []
    strange = ["vendor/another.js", "runtime/pyodide/other-1.0-py3-none-any.whl", "models/other/x.onnx"]
    assert unlisted(site, [*paths, *strange], served(), models) == strange
    for folder, names in served().items():
        assert names & {path.rpartition("/")[2] for path in paths if path.startswith(f"{folder}/")}, folder


def test_what_is_outside_those_folders_is_made_of_our_own_files(site: Path) -> None:
    ours = {
        path.name.partition(".")[0] for path in (ROOT / "web").rglob("*") if "node_modules" not in path.parts
    }
    known = {"LICENSE", "THIRD_PARTY.md", "site.json", SITE_PAGE}
    made = (f"{FOLDER}/", "icons/", "screenshots/", "python/alphacut-", *OF_OTHERS)
    for path in (path for path in site.rglob("*") if path.is_file()):
        name = path.relative_to(site).as_posix()
        stem = re.sub(r"(-[A-Z0-9]{8})?\..*$", "", path.name)
        assert name in known or name.startswith(made) or stem in ours or stem == "chunk", name


def test_the_site_lists_its_parts_and_passes_the_texts_on(site: Path) -> None:
    page = (site / SITE_PAGE).read_text("utf-8")
    for part in listed():
        assert all(digest in page for digest in part.files.values()), part.id
        if part.text:
            assert (site / part.text).read_bytes() == (TEXTS / f"{part.id}.txt").read_bytes()
            assert f'href="{part.text}"' in page
    assert "http://" not in page.replace("http://www.w3.org", "")
    told = {one["name"]: one for one in json.loads((site / "site.json").read_text("utf-8"))["parts"]}
    for component in read_catalog().components.values():
        assert told[component.title]["version"] == component.version
        assert told[component.title]["text"] == third_party.text_of(component.id)


def test_what_is_served_unchanged_has_the_listed_hash(site: Path) -> None:
    for component in read_catalog().components.values():
        for name, part in component.files.items():
            path = (
                site
                / component.folder
                / (name.removesuffix(".mjs") + ".js" if name.endswith(".mjs") else name)
            )
            packed_anew = name in {"pyodide-lock.json", "python_stdlib.zip"} or component.id == "onnx"
            if not packed_anew:
                assert sha256(path.read_bytes()).hexdigest() == part.sha256, name


def test_the_npm_package_names_the_parts_that_it_holds() -> None:
    ids = {part.id for part in listed()}
    assert set(npm.PARTS) <= ids
