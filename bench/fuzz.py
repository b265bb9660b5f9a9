"""Fuzzes the way of a file to pixels and back: damaged files, each of them a photo or an error of ours.

    python -m bench.fuzz [--machine NAME] [--inputs 1000000] [--jobs N] [--seed 7] [--minutes M]
    python -m bench.fuzz --only 123456

Needs Python, NumPy and Pillow alone; for results the version of Pillow that the site serves:

    pip install --target=dist/pillow --no-deps pillow==12.2.0
    PYTHONPATH=dist/pillow python -m bench.fuzz --machine NAME

Seeds are written where there are none (bench/fuzzing/seeds.py), or
brought along in a folder, `--seeds`. Input number i of the same seeds is the same bytes each time, so that
what was found can be looked at again by `--only`. What shows a bug (a crash, more than 10 seconds, an
exception that is not ours, a result that can't be right) is kept in dist/fuzz-findings, and the exit status
is 1 then.

How inputs are made: bench/fuzzing/inputs.py; what is looked at: bench/fuzzing/judge.py.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import PIL
from PIL import features

from bench.fuzzing import seeds
from bench.fuzzing.inputs import CHUNK, Inputs
from bench.fuzzing.pool import Finding, Job, Tally, outcome_of, tallies

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "bench" / "results"
FINDINGS = ROOT / "dist" / "fuzz-findings"
_DECODERS = ("libjpeg_turbo", "zlib", "libtiff", "webp", "avif")
BUGS = ("crash", "hang", "exception", "wrong", "memory")


def main(arguments: Sequence[str] | None = None) -> int:
    """Fuzz as the command line says."""
    options = _parse(arguments)
    if options.machine and not options.any_pillow and PIL.__version__ != served_pillow():
        raise SystemExit(
            f"results are of Pillow {served_pillow()}, which the site serves, and this is {PIL.__version__}:"
            " see the head of bench/fuzz.py, or give --any-pillow"
        )
    if not options.seeds.is_dir():
        seeds.write_seeds(options.seeds)
    found, digest = seeds.read_seeds(options.seeds)
    inputs = Inputs(found, options.seed)
    if options.only is not None:
        return _look_again(inputs, options.only)
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # each would take addresses, which are limited
    results, begun = _Results(), time.monotonic()
    for tally in tallies(Job(options.seeds, options.seed), _chunks(options), options.jobs, _enough(options)):
        results.take(tally)
        for finding in tally.findings:
            keep(inputs, finding)
        _tell(results.inputs, len(results.findings), time.monotonic() - begun)
    print(flush=True)
    if options.machine:
        _write(options, results, digest, time.monotonic() - begun)
    return 1 if results.findings else 0


def served_pillow() -> str:
    """Version of the Pillow that the site serves."""
    version: str = tomllib.loads((ROOT / "tools" / "parts.toml").read_text("utf-8"))["pillow"]["version"]
    return version


class _Results:
    """Tallies by format."""

    def __init__(self) -> None:
        self.by_kind: dict[str, dict[str, Any]] = {}
        self.findings: list[Finding] = []
        self.inputs = 0

    def take(self, tally: Tally) -> None:
        empty = {"outcomes": Counter(), "seconds": 0.0, "peak_bytes": 0, "slowest": (0.0, -1)}
        row = self.by_kind.setdefault(tally.kind, empty)
        row["outcomes"].update(tally.outcomes)
        row["seconds"] += tally.seconds
        row["peak_bytes"] = max(row["peak_bytes"], tally.peak)
        row["slowest"] = max(row["slowest"], tally.slowest)
        self.findings += tally.findings
        self.inputs += tally.outcomes.total()

    def rows(self) -> list[dict[str, Any]]:
        """Lay out for the results file."""
        return [
            {
                "bench": "fuzz", "format": kind, "inputs": row["outcomes"].total(),
                "decoded": row["outcomes"]["decoded"],
                "refused": {
                    code: count
                    for code, count in sorted(row["outcomes"].items())
                    if code not in {*BUGS, "decoded"}
                },
                **{bug: row["outcomes"][bug] for bug in BUGS},
                "peak_bytes": row["peak_bytes"], "seconds": round(row["seconds"], 1),
                "slowest_s": round(row["slowest"][0], 2), "slowest": row["slowest"][1],
            }
            for kind, row in sorted(self.by_kind.items())
        ]  # fmt: skip


def keep(inputs: Inputs, finding: Finding) -> None:
    """Keep an input that shows a bug, and what it showed."""
    FINDINGS.mkdir(parents=True, exist_ok=True)
    path = FINDINGS / f"{inputs.start}-{finding.number}-{finding.trouble}"
    path.with_suffix(".bin").write_bytes(inputs.make(finding.number))
    path.with_suffix(".txt").write_text(f"{inputs.kind(finding.number)}\n{finding.what}", "utf-8")
    last = finding.what.strip().splitlines()[-1]
    print(f"\n{finding.trouble} of input {finding.number}, {inputs.kind(finding.number)}: {last}", flush=True)


def _look_again(inputs: Inputs, number: int) -> int:
    data = inputs.make(number)
    print(f"{inputs.kind(number)}, {len(data)} bytes, begins with {data[:32]!r}")
    outcome, finding = outcome_of(data, number)
    print(finding.what if finding else outcome)
    return 1 if finding else 0


def _chunks(options: argparse.Namespace) -> Iterator[int]:
    return iter(range(options.first // CHUNK, -(-(options.first + options.inputs) // CHUNK)))


def _enough(options: argparse.Namespace) -> Callable[[], bool]:
    end = time.monotonic() + 60 * options.minutes
    return lambda: time.monotonic() < end


def _tell(count: int, bugs: int, seconds: float) -> None:
    print(f"\r{count:,} inputs, {bugs} bugs, {count / seconds:,.0f} a second", end="", flush=True)


def _write(options: argparse.Namespace, results: _Results, digest: str, seconds: float) -> None:
    facts = {
        "machine": options.machine, "title": options.title,
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "python": platform.python_version(), "pillow": PIL.__version__,
        "decoders": {name: features.version(name) for name in _DECODERS},
        "seed": options.seed, "first": options.first, "seeds_sha256": digest, "processes": options.jobs,
        "seconds": round(seconds),
        "findings": [{"number": found.number, "what": found.trouble} for found in results.findings],
    }  # fmt: skip
    path = RESULTS / f"fuzz-{options.machine}.json"
    path.write_text(json.dumps({**facts, "results": results.rows()}, indent=1) + "\n", "utf-8")
    print(f"written: {path.relative_to(ROOT)}")


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.fuzz", description="Fuzz what reads photos.")
    parser.add_argument("--machine", default="", help="name for the results file; without it none is written")
    parser.add_argument("--title", default=f"a host with {os.cpu_count()} cores", help="the machine in words")
    parser.add_argument("--inputs", type=int, default=1_000_000)
    parser.add_argument("--first", type=int, default=0, help="number of the first input")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes")
    parser.add_argument("--seed", type=int, default=7, help="starts the dice")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="end after so many")
    parser.add_argument("--seeds", type=Path, default=seeds.FOLDER, help="folder of files to damage")
    parser.add_argument("--any-pillow", action="store_true", help="write results of another Pillow, too")
    parser.add_argument("--only", type=int, help="look at this input alone, in this process")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
