"""bench.fuzz: inputs that can be made again, damage that fits its format, and processes that may die."""

from __future__ import annotations

import io
import json
from pathlib import Path
from random import Random

import pytest
from PIL import Image

from alphacut.colours import Colours
from bench import fuzz
from bench.fuzzing import makers, pool
from bench.fuzzing.damage import damaged
from bench.fuzzing.formats import KINDS, damaged_file
from bench.fuzzing.inputs import CHUNK, Inputs
from bench.fuzzing.judge import WrongResultError, judge
from bench.fuzzing.pool import Job, outcome_of, tallies
from bench.fuzzing.seeds import read_seeds
from bench.fuzzing.table import fuzz_table
from tests.helpers import png_chunks
from tests.traps import Trap


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Seeds of our own alone."""
    made: Path = tmp_path_factory.mktemp("seeds")
    for name, data in makers.made().items():
        (made / name).write_bytes(data)
    return made


def test_there_are_seeds_of_every_format_and_all_of_ours_decode(folder: Path) -> None:
    seeds, _ = read_seeds(folder)
    assert set(seeds) == set(KINDS)
    for kind, files in seeds.items():
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
    arguments = ["--machine", "test", "--inputs", "1000", "--jobs", "1", "--seeds", str(folder)]
    assert fuzz.main(arguments) == 0
    told = json.loads((tmp_path / "fuzz-test.json").read_text())
    table = fuzz_table(told["results"])
    assert sum(result["inputs"] for result in told["results"]) == 1000
    assert f"| {KINDS[0]} | 500 |" in table
    assert "| all | 1,000 |" in table


def test_an_input_can_be_looked_at_again(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert fuzz.main(["--seeds", str(folder), "--only", "0"]) == 0
    assert "decoded" in capsys.readouterr().out
