"""bench.fuzz: inputs that can be made again, damage that fits its format, and processes that may die."""

from __future__ import annotations

import io
import json
import zlib
from collections.abc import Callable
from pathlib import Path
from random import Random

import PIL
import pytest
from PIL import Image

from alphacut.colours import Colours
from bench import fuzz
from bench.fuzzing import makers, pool, seeds
from bench.fuzzing.damage import damaged
from bench.fuzzing.formats import KINDS, damaged_file
from bench.fuzzing.inputs import CHUNK, Inputs
from bench.fuzzing.judge import WrongResultError, judge
from bench.fuzzing.pool import Job, outcome_of, tallies
from bench.fuzzing.seeds import VERSION, read_seeds
from bench.fuzzing.sizes import Size, gif_size, jpeg_size, png_size
from bench.fuzzing.table import fuzz_table
from tests.helpers import file_of, png_chunk, png_chunks, scene
from tests.traps import Trap


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Seeds of our own alone."""
    made: Path = tmp_path_factory.mktemp("seeds")
    for name, data in makers.made().items():
        (made / name).write_bytes(data)
    return made


def test_there_are_seeds_of_every_format_and_all_of_ours_decode(folder: Path) -> None:
    found, _ = read_seeds(folder)
    assert set(found) == set(KINDS)
    for kind, files in found.items():
        assert len(files) > 1
        for number, data in enumerate(files):
            assert judge(data, 2 * number) == "decoded", (kind, number)


def test_an_input_is_the_same_bytes_each_time(folder: Path) -> None:
    one, other = (Inputs(read_seeds(folder)[0], 7) for _ in range(2))
    numbers = range(0, CHUNK * len(KINDS), 37)
    assert [one.make(number) for number in numbers] == [other.make(number) for number in reversed(numbers)][
        ::-1
    ]
    assert len({one.make(number) for number in numbers}) > len(numbers) * 0.9
    assert Inputs(one.seeds, 8).make(5) != one.make(5)


def test_damage_to_a_png_keeps_its_checksums(folder: Path) -> None:
    data = (folder / "exif.png").read_bytes()
    made = {damaged_file("PNG", data, data, Random(number)) for number in range(60)}
    assert len(made) > 40
    readable = 0
    for file in made:
        assert png_chunks(file)
        try:
            with Image.open(io.BytesIO(file)) as image:
                image.load()
            readable += 1
        except (OSError, ValueError, SyntaxError):
            continue
    assert readable > 10


@pytest.mark.parametrize("kind", KINDS)
def test_files_of_nothing_can_be_damaged_too(kind: str) -> None:
    for data in (b"", b"\xff", bytes(7), bytes(64)):
        for number in range(30):
            damaged_file(kind, data, data, Random(number))
            damaged(data, Random(number), 3)


@pytest.mark.parametrize(
    ("error", "trouble"), [(WrongResultError, "wrong"), (MemoryError, "memory"), (KeyError, "exception")]
)
def test_what_is_no_error_of_ours_is_a_finding(
    error: type[Exception], trouble: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: object) -> str:
        raise error("words")

    monkeypatch.setattr(pool, "judge", failing)
    outcome, finding = outcome_of(b"", 3)
    assert outcome == trouble
    assert finding is not None
    assert (finding.number, finding.trouble) == (3, trouble)
    assert "words" in finding.what


def test_wrong_results_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    data = makers.png(8, 2)
    assert judge(data, 0) == "decoded"
    levels = iter(range(9))
    monkeypatch.setattr("alphacut.image.split", lambda image: flat(image.size, next(levels)))
    with pytest.raises(WrongResultError, match="second time"):
        judge(data, 0)


@pytest.mark.parametrize(("kind", "read"), [("PNG", png_size), ("JPEG", jpeg_size), ("GIF", gif_size)])
def test_sizes_are_read_without_what_is_tried(kind: str, read: Callable[[bytes], Size], folder: Path) -> None:
    files = read_seeds(folder)[0][kind]
    inputs = [damaged_file(kind, data, data, Random(number)) for data in files for number in range(80)]
    compared = 0
    for data in [*files, *inputs]:
        try:
            with Image.open(io.BytesIO(data), formats=(kind,)) as image:
                size = image.size
        except Exception:  # noqa: BLE001 - Pillow can't say
            continue
        assert read(data) == size
        compared += 1
    assert compared > 60


def test_a_size_that_the_header_does_not_say_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    png = makers.png(8, 2)
    texts = png[:33] + png_chunk(b"zTXt", b"Title\0\0" + zlib.compress(bytes(2_000_000))) + png[33:]
    for data in (png, texts, file_of(Image.new("L", (9, 7)), "GIF"), file_of(scene(9, 7), "JPEG")):
        monkeypatch.setattr("alphacut.image.split", lambda image: flat((image.width + 1, image.height), 9))
        with pytest.raises(WrongResultError, match="of a header that says"):
            judge(data, 0)


def flat(size: tuple[int, int], level: int) -> Colours:
    return Colours(Image.new("RGB", size, (level, level, level)))


@pytest.mark.parametrize("kind", ["crash", "hang"])
def test_a_process_that_dies_or_does_not_end_is_noted_and_the_others_are_counted(
    kind: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "LIMIT_S", 3.0)
    job = Job(folder, Trap.of(kind, tmp_path / "sprung"))
    (tally,) = tallies(job, iter([3]), 1, lambda: True)
    assert [(found.number, found.trouble) for found in tally.findings] == [(3 * CHUNK + 2, kind)]
    assert tally.outcomes.total() == CHUNK
    assert tally.outcomes[kind] == 1
    assert tally.peak > 10_000_000


def test_the_program_writes_what_the_table_says(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fuzz, "RESULTS", tmp_path)
    monkeypatch.setattr(fuzz, "ROOT", tmp_path)
    monkeypatch.setattr(fuzz, "served_pillow", lambda: PIL.__version__)
    arguments = ["--machine", "test", "--inputs", "1000", "--jobs", "1", "--seeds", str(folder)]
    assert fuzz.main(arguments) == 0
    told = json.loads((tmp_path / "fuzz-test.json").read_text())
    assert told["pillow"] == PIL.__version__
    table = fuzz_table(told["results"])
    assert sum(result["inputs"] for result in told["results"]) == 1000
    assert f"| {KINDS[0]} | 500 |" in table
    assert "| all | 1,000 |" in table


def test_results_are_of_the_pillow_that_the_site_serves(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert fuzz.served_pillow() == VERSION
    monkeypatch.setattr(fuzz, "served_pillow", lambda: "1.0")
    monkeypatch.setattr(fuzz, "RESULTS", tmp_path)
    monkeypatch.setattr(fuzz, "ROOT", tmp_path)
    arguments = ["--machine", "test", "--inputs", "1", "--jobs", "1", "--seeds", str(folder)]
    with pytest.raises(SystemExit, match=r"results are of Pillow 1\.0"):
        fuzz.main(arguments)
    assert not list(tmp_path.iterdir())
    assert fuzz.main([*arguments, "--any-pillow"]) == 0
    assert list(tmp_path.iterdir())


def test_pip_runs_nothing_whose_hash_it_does_not_know(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = list[list[str]]()
    monkeypatch.setattr("subprocess.run", lambda command, **_: ran.append(command))
    seeds.download(tmp_path, "pillow==1.0", 64 * "a")
    assert [command[3] for command in ran] == ["install", "download"]
    assert all("--require-hashes" in command for command in ran)
    assert "--only-binary=:all:" in ran[0]
    assert "--no-build-isolation" in ran[1]
    assert (tmp_path / "pins.txt").read_text() == f"pillow==1.0 --hash=sha256:{64 * 'a'}\n"


def test_an_input_can_be_looked_at_again(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert fuzz.main(["--seeds", str(folder), "--only", "0"]) == 0
    assert "decoded" in capsys.readouterr().out
