"""The npm package, as those use it who install it: types, a page that a bundler made, its files copied."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser

import alphacut
from alphacut.store.node import node_command
from tests.browser.host import Api, hosting
from tests.browser.test_main_job import assert_same_cutout
from tests.helpers import ROOT
from tools.npm import PackageError, package
from tools.typescript import install_types, tsc

CONSUMERS = ROOT / "tests" / "consumers"
QUIET = ("--ignore-scripts", "--no-audit", "--no-fund")


def run(command: Sequence[str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=300)


def passes(command: Sequence[str], folder: Path) -> str:
    done = run(command, folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def folder(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return package(site, tmp_path_factory.mktemp("package") / "npm")


@pytest.fixture(scope="module")
def consumer(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Someone's project with the package installed, packed as it would be published."""
    made = tmp_path_factory.mktemp("consumer")
    shutil.copytree(CONSUMERS / "vite", made, dirs_exist_ok=True)
    npm = node_command("npm")
    (packed,) = json.loads(passes([*npm, "pack", str(folder), "--json"], made))
    passes([*npm, "ci", *QUIET], made)
    passes([*npm, "install", "--no-save", *QUIET, str(made / packed["filename"])], made)
    return made


def test_the_package_says_what_it_is(folder: Path) -> None:
    described = json.loads((folder / "package.json").read_text("utf-8"))
    assert (described["name"], described["version"]) == ("alphacut", alphacut.__version__)
    assert described["license"] == "Apache-2.0"
    assert {"LICENSE", "THIRD_PARTY.md", "README.md", "licences"} <= set(described["files"])
    texts = {path.stem for path in (folder / "licences").iterdir()}
    assert texts == {"pyodide", "numpy", "pillow", "onnxruntime-web", "u2netp"}
    for path in (described["main"], described["types"], described["bin"]["alphacut-assets"]):
        assert (folder / path).is_file()


def test_it_brings_the_model_that_needs_no_notice_and_nothing_else(folder: Path) -> None:
    site = json.loads((folder / "site.json").read_text("utf-8"))
    (model,) = site["models"]
    assert (model["id"], model["default"], model["licence"]["notice"]) == ("u2netp", True, "")
    assert len(list((folder / "models").iterdir())) == 1
    assert not list(folder.rglob("*.whl"))
    assert not {"page", "samples", "index.html"} & {path.name for path in folder.iterdir()}


def test_a_site_without_the_model_makes_no_package(site: Path, tmp_path: Path) -> None:
    described = json.loads((site / "site.json").read_text("utf-8"))
    (tmp_path / "site.json").write_text(json.dumps(described | {"models": []}), "utf-8")
    with pytest.raises(PackageError, match="u2netp"):
        package(tmp_path, tmp_path / "npm")


def test_its_declarations_take_right_uses_and_refuse_wrong_ones(consumer: Path) -> None:
    install_types()
    shutil.copytree(CONSUMERS / "types", consumer / "types")
    passes(tsc(consumer / "types" / "tsconfig.json"), consumer)
    script = consumer / "types" / "consumer.ts"
    script.write_text(script.read_text("utf-8").replace("// @ts-expect-error", "//"), "utf-8")
    done = run(tsc(consumer / "types" / "tsconfig.json"), consumer)
    wrong = script.read_text("utf-8").count("\n// ")
    assert done.stdout.count("error TS") == wrong > 10


def assets(consumer: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    program = consumer / "node_modules" / "alphacut" / "assets.js"
    return run([*node_command(), str(program), *arguments], consumer)


def test_its_files_go_where_they_are_wanted_and_overwrite_nobodys(consumer: Path, tmp_path: Path) -> None:
    for _ in range(2):  # the second time they take their own places
        assert assets(consumer, str(tmp_path / "new" / "alphacut")).returncode == 0
    stale = tmp_path / "new" / "alphacut" / "worker" / "stale.js"
    stale.write_text("", "utf-8")
    assert assets(consumer, str(tmp_path / "new" / "alphacut")).returncode == 0
    assert not stale.exists()
    (tmp_path / "new" / "alphacut" / "site.json").unlink()  # as a copy that was broken off
    assert assets(consumer, str(tmp_path / "new" / "alphacut")).returncode == 0
    (tmp_path / "mine.txt").write_text("mine", "utf-8")
    refused = assets(consumer, str(tmp_path))
    assert (refused.returncode, (tmp_path / "mine.txt").read_text()) == (1, "mine")
    assert "other files" in refused.stderr
    assert assets(consumer).returncode == 2


def listed(folder: Path) -> dict[str, int]:
    return {str(path.relative_to(folder)): path.lstat().st_mtime_ns for path in folder.rglob("*")}


@pytest.mark.parametrize("where", [".", "models", "new/within", "..", "../..", "link", "link/new"])
def test_the_package_is_not_replaced_by_itself(consumer: Path, tmp_path: Path, where: str) -> None:
    home = consumer / "node_modules" / "alphacut"
    (tmp_path / "link").symlink_to(home)
    before = listed(home)
    refused = assets(consumer, str((tmp_path if where.startswith("link") else home) / where))
    assert refused.returncode == 1
    assert "package itself" in refused.stderr
    assert listed(home) == before


def test_a_whole_site_is_not_replaced_by_a_part(consumer: Path, site: Path, tmp_path: Path) -> None:
    """Nor is another project's package: both have a site.json."""
    for name in ("site.json", "index.html", "worker.js"):
        shutil.copy(site / name, tmp_path / name)
    before = listed(tmp_path)
    refused = assets(consumer, str(tmp_path))
    assert refused.returncode == 1
    assert "other files" in refused.stderr
    assert listed(tmp_path) == before


@pytest.fixture(scope="module")
def api(consumer: Path, browser: Browser) -> Iterator[Api]:
    """The page that Vite made, on a port of its own."""
    assert assets(consumer, "public/alphacut").returncode == 0
    vite = consumer / "node_modules" / "vite" / "bin" / "vite.js"
    passes([*node_command(), str(vite), "build", "--base", "./"], consumer)
    with hosting(consumer / "dist") as url:
        page = browser.new_page()
        asked: list[str] = []
        page.context.on("request", lambda request: asked.append(request.url))
        page.goto(url)
        yield Api(page, '{ publicPath: "alphacut/", device: "cpu" }')
        page.close()
        assert all(address.startswith(url) for address in asked)


def test_a_page_that_vite_made_cuts_out(api: Api, site: Path, tmp_path: Path) -> None:
    photo = tmp_path / "photo.png"
    with Image.open(site / "samples" / "chelsea.png") as image:
        image.reduce(2).save(photo)
    made = api.call("alphacut.removeBackground(photo, usual)", photo.read_bytes())
    (tmp_path / "made.png").write_bytes(made.data)
    assert_same_cutout(site, "u2netp", photo, tmp_path / "made.png", tmp_path)


def test_without_the_address_of_its_files_the_error_says_what_is_missing(api: Api) -> None:
    error = api.call('alphacut.preload({ device: "cpu" })').error
    assert error is not None
    assert error["code"] == "download-failed"
    assert "alphacut-assets" in error["hint"]
    assert "publicPath" in error["hint"]
