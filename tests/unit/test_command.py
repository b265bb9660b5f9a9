"""The command `alphacut` within this process, on a small network; golden tests run it as people do."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import sys
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from alphacut import cli
from alphacut.command import arguments, files, models, work
from alphacut.command.names import ENDINGS, file_name, none_twice
from alphacut.command.report import _WORDS
from alphacut.notes import Note
from alphacut.store import catalog
from alphacut.store.catalog import read_models
from tests.helpers import ROOT, file_of, noise, pixels_of
from tests.networks import network
from tests.unit.test_batch import in_node
from tests.unit.test_catalog import THIRD

PHOTO = file_of(noise(30, 20))
FULL = Path("/dev/full")


@dataclass
class Command:
    """The command in a folder of its own."""

    folder: Path
    capsys: Any

    def __call__(self, *given: str) -> SimpleNamespace:
        """Run it; `status`, `out` and `err` tell what became of it."""
        try:
            status = cli.main(given)
        except SystemExit as error:  # argparse's
            status = int(str(error.code))
        read = self.capsys.readouterr()
        return SimpleNamespace(status=status, out=read.out, err=read.err)

    def put(self, *names: str, data: bytes = PHOTO) -> None:
        for name in names:
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)

    @property
    def files(self) -> list[str]:
        """All files but the ones that were put there."""
        paths = (path for path in self.folder.rglob("*") if path.is_file())
        return sorted(path.relative_to(self.folder).as_posix() for path in paths)


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    toml = tmp_path / "models"
    folder = tmp_path / "here"
    for made in (toml, folder):
        made.mkdir()
    published = network().SerializeToString()
    sha256 = hashlib.sha256(published).hexdigest()
    for name, notice in (("third", ""), ("doubtful", "Ask a lawyer.")):
        (toml / "third.onnx").write_bytes(published)
        text = THIRD.format(sha256=sha256, bytes=len(published))
        text = text.replace('notice = ""', f'notice = "{notice}"')
        is_default = "true" if name == "third" else "false"
        (toml / f"{name}.toml").write_text(text.replace("default = false", f"default = {is_default}"))
    for module in (arguments, models, catalog):
        monkeypatch.setattr(module, "read_models", lambda: read_models([toml]))
    monkeypatch.setattr("signal.signal", lambda *_: None)
    monkeypatch.setenv("ALPHACUT_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(folder)
    return Command(folder, capsys)


# ---- files -----------------------------------------------------------------------------------------


def test_a_photo_s_cutout_lies_beside_it(command: Command) -> None:
    command.put("a/my photo.jpeg")
    done = command("a/my photo.jpeg")
    assert (done.status, done.out, command.files) == (0, "", ["a/my photo-cutout.png", "a/my photo.jpeg"])
    assert pixels_of((command.folder / "a/my photo-cutout.png").read_bytes()).shape == (20, 30, 4)


@pytest.mark.parametrize(
    ("options", "name", "kind"),
    [
        ((), "photo-cutout.png", "PNG"),
        (("--format", "webp"), "photo-cutout.webp", "WEBP"),
        (("--format", "jpg", "--quality", "50"), "photo-cutout.jpg", "JPEG"),
        (("--mask-only",), "photo-mask.png", "PNG"),
        (("-o", "new/out.JPG"), "new/out.JPG", "JPEG"),
        (("-o", "new/"), "new/photo-cutout.png", "PNG"),
    ],
    ids=str,
)
def test_names_and_formats(command: Command, options: tuple[str, ...], name: str, kind: str) -> None:
    command.put("photo.png")
    assert command("photo.png", *options).status == 0
    with Image.open(command.folder / name) as image:
        assert (image.format, image.size) == (kind, (30, 20))
    assert set(command.files) == {"photo.png", name}


def test_folders_are_taken_with_what_is_in_them_if_that_is_asked_for(command: Command) -> None:
    command.put("in/a.png", "in/b.JPG", "in/deep/c.png", "in/.d.png", "in/.e/f.png", "in/notes.txt")
    assert command("in", "-o", "out/").status == 0
    assert [name for name in command.files if name.startswith("out")] == [
        "out/a-cutout.png",
        "out/b-cutout.png",
    ]
    assert command("-r", "in", "-o", "out/", "--skip").status == 0
    made = ["out/a-cutout.png", "out/b-cutout.png", "out/deep/c-cutout.png"]
    assert [name for name in command.files if name.startswith("out")] == made


def test_a_folder_s_cutouts_are_no_photos_the_next_time(command: Command) -> None:
    command.put("in/a.png", "in/made/b.png")
    assert command("-r", "in", "-o", "in/made").status == 0
    assert command("-r", "in", "-o", "in/made", "--force").status == 0
    assert command("-r", "in").status == 0
    assert command("-r", "in", "--force").status == 0
    assert command.files == [
        "in/a-cutout.png", "in/a.png", "in/made/a-cutout.png", "in/made/b-cutout.png", "in/made/b.png",
    ]  # fmt: skip


def test_patterns_that_the_shell_left_are_expanded(command: Command) -> None:
    command.put("a.png", "b.png", "sub/c.png", "[d].png")
    assert command("*.png", "-o", "one/").status == 0
    assert command("**/*.png", "[d].png", "-o", "all/").status == 0
    made = [name for name in command.files if name.startswith(("one/", "all/"))]
    assert made == [
        "all/[d]-cutout.png", "all/a-cutout.png", "all/b-cutout.png", "all/c-cutout.png",
        "one/[d]-cutout.png", "one/a-cutout.png", "one/b-cutout.png",
    ]  # fmt: skip


def test_what_was_made_is_no_photo_the_next_time_whatever_its_number_and_kind(command: Command) -> None:
    command.put("ph/a.jpg", "ph/a.png", "ph/what?.png")
    assert command("ph").status == 0
    assert command("ph", "--mask-only").status == 0
    made = [f"ph/{name}.png" for name in (
        "a-cutout (2)", "a-cutout", "a-mask (2)", "a-mask", "a", "what?", "what_-cutout", "what_-mask",
    )]  # fmt: skip
    assert sorted([*made, "ph/a.jpg"]) == command.files
    for options in (("--skip",), ("--force",), ("--mask-only", "--force"), ("--skip", "--mask-only")):
        assert command("ph", *options).status == 0
        assert sorted([*made, "ph/a.jpg"]) == command.files


def test_what_is_left_out_is_told(command: Command) -> None:
    command.put("ph/a.png", "ph/a-cutout (2).png")
    done = command("ph", "--json")
    assert "ph/a-cutout (2).png: left out" in done.err
    left_out, made = (json.loads(line) for line in done.out.splitlines())
    assert left_out == {"path": "ph/a-cutout (2).png", "skipped": True}
    assert made["path"] == "ph/a.png"
    (command.folder / "ph" / "a.png").rename(command.folder / "ph" / "b-mask.png")
    for what in ("ph/*-cutout.png", "ph"):
        assert "left out" not in command(what, "--mask-only", "-o", "out/").err


def test_a_pattern_that_finds_nothing_but_what_was_made_says_so(command: Command) -> None:
    command.put("a.png", "a-cutout.png")
    done = command("*-cutout.png")
    assert done.status == 2
    assert "was made of photos" in done.err


def test_a_file_that_is_only_named_like_a_cutout_is_a_photo(command: Command) -> None:
    command.put("ph/paper-cutout.jpg", "ph/paper-mask (3).png")
    assert command("ph").status == 0
    assert "ph/paper-cutout-cutout.png" in command.files
    assert "ph/paper-mask (3)-cutout.png" in command.files


def test_files_that_are_named_are_photos_and_never_written_over(command: Command) -> None:
    command.put("a.png", "b.png", "a-cutout.png")
    for folder in ((), (".",)):
        done = command(*folder, "a.png", "a-cutout.png", "b.png", "--force", "--json")
        lines = {line["path"]: line for line in map(json.loads, done.out.splitlines())}
        assert done.status == 1
        assert lines["a.png"]["error"]["code"] == "is-photo"
        assert lines["a-cutout.png"]["output"] == "a-cutout-cutout.png"
        assert lines["b.png"]["output"] == "b-cutout.png"
        assert (command.folder / "a-cutout.png").read_bytes() == PHOTO
    assert command("a.png", "a-cutout.png", "--skip").status == 0
    assert (command.folder / "a-cutout.png").read_bytes() == PHOTO


def test_what_a_folder_holds_of_another_s_photos_is_left_out(command: Command) -> None:
    command.put("in/a.png", "out/b.png")
    assert command("in", "-o", "out/").status == 0
    done = command("in", "out", "-o", "out/", "--force")
    assert done.status == 0
    assert "out/a-cutout.png: left out" in done.err
    assert command.files == ["in/a.png", "out/a-cutout.png", "out/b-cutout.png", "out/b.png"]


def test_photos_of_one_name_get_numbers_and_none_is_done_twice(command: Command) -> None:
    command.put("x/a.png", "y/A.jpg", "x/b.png")
    assert command("x/a.png", "y/A.jpg", "x", "./x/../x/a.png", "-o", "out/").status == 0
    made = [name for name in command.files if name.startswith("out/")]
    assert made == ["out/A-cutout (2).png", "out/a-cutout.png", "out/b-cutout.png"]


@pytest.mark.parametrize("name", ["日本語.png", "Ça va?.png", "naïve é.png", "emoji 😀.png", " .png"])
def test_names_may_hold_any_letters(command: Command, name: str) -> None:
    command.put(name)
    done = command("--json", name)
    told = json.loads(done.out)
    assert (done.status, told["path"]) == (0, name)
    assert (command.folder / told["output"]).is_file()
    assert "?" not in told["output"]


def test_a_name_that_is_no_utf_8_is_taken_and_told(command: Command) -> None:
    name = os.fsdecode(b"caf\xe9.png")
    command.put(name)
    done = command("--json", name)
    assert (done.status, json.loads(done.out)["path"]) == (0, name)
    assert (command.folder / os.fsdecode(b"caf\xe9-cutout.png")).is_file()


def test_a_file_that_is_there_already_is_never_lost(command: Command) -> None:
    command.put("a.png")
    command.put("a-cutout.png", data=b"mine")
    done = command("--json", "a.png")
    error = json.loads(done.out)["error"]
    assert (done.status, error["code"]) == (1, "file-exists")
    assert "--force" in error["hint"]
    skipped = command("--json", "a.png", "--skip")
    assert skipped.status == 0
    assert json.loads(skipped.out) == {"path": "a.png", "output": "a-cutout.png", "skipped": True}
    assert (command.folder / "a-cutout.png").read_bytes() == b"mine"
    assert command("a.png", "--force").status == 0
    assert (command.folder / "a-cutout.png").read_bytes() != b"mine"


def test_photos_are_not_written_over_by_any_name(command: Command) -> None:
    command.put("a.png", "b.png")
    (command.folder / "link.png").symlink_to("a.png")
    os.link(command.folder / "a.png", command.folder / "hard.png")
    for target in ("a.png", "link.png", "hard.png", "./x/../a.png"):
        (command.folder / "x").mkdir(exist_ok=True)
        done = command("--json", "a.png", "-o", target, "--force")
        assert (done.status, json.loads(done.out)["error"]["code"]) == (1, "is-photo")
    done = command("--json", "a.png", "--background", "b.png", "-o", "b.png", "--force")
    assert (done.status, json.loads(done.out)["error"]["code"]) == (1, "is-photo")
    assert {(command.folder / name).read_bytes() for name in ("a.png", "b.png")} == {PHOTO}


def test_skipping_everything_opens_no_network(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    command.put("a.png", "a-cutout.png")
    monkeypatch.setattr(work, "NativeModels", lambda **_: None)
    assert command("a.png", "--skip").status == 0


@pytest.mark.parametrize("interrupted", [KeyboardInterrupt, OSError("No space left")])
def test_nothing_half_written_is_left(
    command: Command, monkeypatch: pytest.MonkeyPatch, interrupted: Any
) -> None:
    command.put("a.png", "b.png")
    assert command("a.png", "-o", "../first.png").status == 0  # so that the network is there

    def half(path: Path, data: bytes) -> int:
        with path.open("wb") as file:
            file.write(data[:10])
        raise interrupted

    monkeypatch.setattr(Path, "write_bytes", half)
    done = command("a.png", "b.png")
    assert done.status == (130 if interrupted is KeyboardInterrupt else 1)
    assert command.files == ["a.png", "b.png"]


# ---- what is told ----------------------------------------------------------------------------------


def test_each_photo_is_a_line_of_json_and_one_that_fails_does_not_stop_the_others(command: Command) -> None:
    command.put("a.png", "c.png")
    command.put("b.png", data=b"no picture")
    done = command("--json", "a.png", "b.png", "absent.png", "c.png")
    lines = [json.loads(line) for line in done.out.splitlines()]
    assert done.status == 1
    assert [line["path"] for line in lines] == ["a.png", "b.png", "absent.png", "c.png"]
    for line in (lines[0], lines[3]):
        assert (line["width"], line["height"], line["model"], line["device"]) == (30, 20, "third", "cpu")
        assert line["ms"]["total"] == pytest.approx(sum(line["ms"].values()) - line["ms"]["total"], abs=0.5)
    assert [line["error"]["code"] for line in lines[1:3]] == ["not-an-image", "unreadable-file"]
    assert all(line["error"]["message"] for line in lines[1:3])
    assert "b.png: " in done.err


def test_where_all_was_stopped_is_told_by_the_file_that_was_worked_on(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    command.put("a.png", "b.png", "ground.png")
    stopped = json.loads(command("a.png", "b.png", "--model", "doubtful", "--json").out)
    assert (stopped["path"], stopped["error"]["code"]) == ("a.png", "licence")

    def refused(path: Path) -> bytes:
        raise files.UnreadableFileError(f"{path} is refused.")

    monkeypatch.setattr(work, "read", refused)
    done = command("a.png", "--background", "ground.png", "--json")
    assert done.status == cli.FAILED
    assert json.loads(done.out)["path"] == "ground.png"


def test_a_file_that_can_not_be_read_is_told(command: Command) -> None:
    (command.folder / "a.png").symlink_to("nowhere")
    assert json.loads(command("--json", "a.png").out)["error"]["code"] == "unreadable-file"


def test_a_folder_that_can_not_be_written_to_is_told(command: Command) -> None:
    command.put("a.png", "file")
    done = command("--json", "a.png", "-o", "file/out.png")
    assert (done.status, json.loads(done.out)["error"]["code"]) == (1, "unwritable-file")


def test_what_there_is_to_note_is_said_in_words(command: Command) -> None:
    frames = [Image.fromarray(noise(8, 8, seed=seed)) for seed in range(2)]
    command.put("a.gif", data=file_of(frames[0], "GIF", save_all=True, append_images=frames[1:]))
    done = command("a.gif")
    assert (done.status, done.out) == (0, "")
    assert "a.gif: the file holds several pictures" in done.err
    assert set(_WORDS) == set(get_args(Note))


def test_a_bar_is_drawn_on_terminals_alone(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    command.put("a.png", "b.png")
    assert "1/2" not in command("a.png", "b.png").err
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    err = command("a.png", "b.png", "--force").err
    assert "1/2 a.png" in err
    assert "2/2 b.png" in err
    assert err.endswith("\r\x1b[K")


def test_names_can_not_take_command_of_a_terminal(command: Command) -> None:
    name = "\x1b[2Jgone.png"
    done = command(name)
    assert "\x1b" not in done.err
    assert r"\x1b[2Jgone.png" in done.err


# ---- options ---------------------------------------------------------------------------------------


def test_backgrounds_crop_and_metadata_reach_the_picture(command: Command) -> None:
    command.put("a.png")
    command.put("ground.png", data=file_of(Image.new("RGB", (4, 4), (1, 2, 3))))
    for background in ("#010203", "ground.png", "blur"):
        assert command("a.png", "--background", background, "-o", "a.webp", "--force").status == 0
        with Image.open(command.folder / "a.webp") as image:
            assert image.convert("RGBA").getchannel("A").getextrema() == (255, 255)
    exif = Image.Exif()
    exif[0x013B] = "Me"
    command.put("b.jpg", data=file_of(noise(30, 20), "JPEG", exif=exif))
    assert command("b.jpg", "--metadata", "keep", "--crop", "--margin", "0.5").status == 0
    with Image.open(command.folder / "b-cutout.png") as image:
        assert image.getexif()[0x013B] == "Me"
        assert image.size != (30, 20)


@pytest.mark.parametrize(
    "given",
    [
        (),
        ("a.png", "--background", "red"),
        ("a.png", "--background", "nothing.png"),
        ("a.png", "--quality", "50"),
        ("a.png", "--quality", "0", "-o", "a.jpg"),
        ("a.png", "--mask-only", "-o", "a.jpg"),
        ("a.png", "--mask-only", "--background", "#ffffff"),
        ("a.png", "--margin", "0.1"),
        ("a.png", "--crop", "--margin", "2"),
        ("a.png", "--format", "png", "-o", "a.jpg"),
        ("a.png", "-o", "a.tiff"),
        ("a.png", "-o", ""),
        ("a.png", "b.png", "-o", "c.png"),
        ("a.png", "b.png", "-o", "-"),
        ("a.png", "-", "-"),
        ("a.png", "-o", "-", "--json"),
        ("a.png", "--force", "--skip"),
        ("a.png", "--model", "fourth"),
        ("a.png", "--threads", "-1"),
        ("a.png", "--forc"),
        ("empty",),
        ("*.none",),
        ("models", "fetch", "fourth"),
        ("models", "sell"),
    ],
    ids=" ".join,
)
def test_what_makes_no_sense_is_refused_before_anything_is_done(
    command: Command, given: tuple[str, ...]
) -> None:
    command.put("a.png", "b.png")
    (command.folder / "empty").mkdir()
    done = command(*given)
    assert (done.status, done.out) == (2, "")
    assert "alphacut" in done.err
    assert command.files == ["a.png", "b.png"]


def test_help_says_what_every_status_means(command: Command) -> None:
    done = command("--help")
    assert done.status == 0
    for status in (cli.DONE, cli.FAILED, cli.USAGE, cli.NO_MODEL, cli.INTERRUPTED):
        assert re.search(rf"^  {status}  ", done.out, re.MULTILINE)


# ---- streams ---------------------------------------------------------------------------------------


def test_a_photo_comes_from_standard_input_and_goes_to_a_file(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(PHOTO)))
    assert command("-", "-o", "out.png").status == 0
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(PHOTO)))
    assert command("-", "-o", "out/").status == 0
    assert command.files == ["out.png", "out/photo-cutout.png"]


@pytest.mark.skipif(sys.platform != "linux", reason="a device that is always full is Linux's")
@pytest.mark.parametrize(
    "line", [("a.png", "-o", "-"), ("a.png", "--json"), ("absent.png", "--json"), ("models",)], ids=" ".join
)
def test_standard_output_that_is_full_is_told(
    command: Command, monkeypatch: pytest.MonkeyPatch, line: tuple[str, ...]
) -> None:
    command.put("a.png")
    with monkeypatch.context() as patched, FULL.open("w") as full:  # which would complain when it is closed
        patched.setattr(sys, "stdout", full)
        assert cli.main(line) == cli.FAILED
    assert "Standard output can't be written: No space left" in command.capsys.readouterr().err


# ---- networks --------------------------------------------------------------------------------------


def test_networks_are_listed_fetched_and_removed(command: Command) -> None:
    assert re.search(r"^third +Third +0\.0 MB +CC0 +no$", command("models").out, re.MULTILINE)
    done = command("models", "fetch", "third")
    assert (done.status, done.out) == (0, "")
    assert "CC0" in done.err
    listed = [json.loads(line) for line in command("models", "--json").out.splitlines()]
    assert {model["id"]: model["fetched"] for model in listed} == {
        "doubtful": True,
        "third": True,
    }  # one file
    command.put("a.png")
    assert command("a.png").status == 0
    assert command("models", "remove", "third").status == 0
    assert not list((command.folder.parent / "cache" / "networks").glob("third-*"))
    assert " no" in command("models").out
    assert command("models", "remove", "third").status == 0  # nothing is left to be removed


def test_a_network_with_a_notice_is_fetched_only_where_that_was_accepted(command: Command) -> None:
    command.put("a.png")
    for line in (("models", "fetch", "doubtful"), ("a.png", "--model", "doubtful")):
        done = command(*line)
        assert done.status == 3
        assert "Ask a lawyer." in done.err
        assert "--accept-licence" in done.err
    assert command("models", "fetch", "doubtful", "--accept-licence").status == 0
    told = command("a.png", "--model", "doubtful")
    assert told.status == 0
    assert "Ask a lawyer." in told.err
    assert "lawyer" not in command("a.png", "--model", "doubtful", "--accept-licence", "--force").err


def test_a_network_that_can_not_be_had_is_a_status_of_its_own(command: Command) -> None:
    (command.folder.parent / "models" / "third.onnx").unlink()
    command.put("a.png")
    done = command("a.png", "--json")
    assert (done.status, json.loads(done.out)["error"]["code"]) == (3, "download-failed")
    assert command("models", "fetch", "third").status == 3


@pytest.mark.parametrize("line", [("--help",), ("a.png",), ("models",), ("models", "--help")], ids=" ".join)
@pytest.mark.parametrize("text", ["../../../../models/third.toml", None])
def test_an_installation_without_its_models_is_told(
    command: Command, text: str | None, line: tuple[str, ...]
) -> None:
    for toml in (command.folder.parent / "models").glob("*.toml"):
        toml.unlink()
        if text is not None:  # as git on Windows leaves a link
            toml.write_text(text)
    done = command(*line)
    assert (done.status, done.out) == (cli.NO_MODEL, "")
    assert done.err.startswith("alphacut: ")
    assert "models" in done.err or "doubtful.toml" in done.err


# ---- names, as the site has them -------------------------------------------------------------------

_NAMES = st.text(
    st.one_of(st.characters(codec="utf-8"), st.sampled_from('./\\:*?"<>| \t\x7f\x85\u202e\u00c5\u212bA.')),
    max_size=70,
)  # fmt: skip


@settings(max_examples=15)  # each starts Node.js, on many names
@given(st.lists(st.tuples(_NAMES, st.sampled_from(["image/png", "image/jpeg"])), min_size=1, max_size=40))
def test_names_are_those_of_the_site(photos: list[tuple[str, str]]) -> None:
    fixed = [("", "image/png"), (".", "image/png"), ("con.png", "image/png"), ("😀" * 60, "image/png")]
    wanted = _site_names(photos + fixed)
    assert none_twice(file_name(name, "-cutout", ENDINGS[kind]) for name, kind in photos + fixed) == wanted


def _site_names(photos: list[tuple[str, str]]) -> list[str]:
    module = (ROOT / "web" / "page" / "file-names.js").as_uri()
    script = f"""
      import {{ fileNames, USUAL_PATTERN }} from "{module}";
      const {{ photos }} = JSON.parse(process.argv[1]);
      const named = photos.map(([name, type], n) => ({{ name, folder: "", n: n + 1, model: "m", type }}));
      console.log(JSON.stringify(fileNames(USUAL_PATTERN, named)));
    """
    return list(in_node(script, photos=photos))


def test_names_that_a_system_takes_for_one_are_told_apart() -> None:
    composed, apart = unicodedata.normalize("NFC", "é.png"), unicodedata.normalize("NFD", "é.png")
    assert none_twice([composed, apart, "É.png"]) == [composed, apart.replace(".", " (2)."), "É (3).png"]


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bool] = []
    plain: Callable[..., Any] = Path.replace

    def watched(self: Path, target: Path) -> Any:
        seen.append(target.exists())
        assert self.read_bytes() == b"whole"
        return plain(self, target)

    monkeypatch.setattr(Path, "replace", watched)
    files.write(b"whole", tmp_path / "new" / "a.png")
    assert (tmp_path / "new" / "a.png").read_bytes() == b"whole"
    assert seen == [False]
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["a.png"]
