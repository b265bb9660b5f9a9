"""Writes the tables of README and docs/quality.md from bench/results/*.json.

python -m bench.readme [--check]
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence

from bench.harness import RESULTS, ROOT, Result
from bench.quality_tables import everything, headlines
from bench.tables import batch_table, between, inference_table, job_table, pixel_table

README = ROOT / "README.md"
QUALITY = ROOT / "docs" / "quality.md"
BEGIN, END = "<!-- figures:begin -->\n", "<!-- figures:end -->"
QUALITY_BEGIN, QUALITY_END = "<!-- quality:begin -->\n", "<!-- quality:end -->"
ALONE = (
    "The network alone, through the site's own session, upload and read-back included. *create*: session\n"
    "creation with the files at hand; *steady*: the median of so many *runs* after the first; *vs*: how\n"
    "many times as fast, steady, in the same measurement; *GPU MB*: of all GPU buffers.\n\n"
)
WHOLE = (
    "The whole job, JPEG to PNG, through the built site and its own worker. *cold*, *warm*: from\n"
    "starting the worker to the model loaded, with an empty and with a filled HTTP cache, over loopback;\n"
    "*first*: the first time with that photo; the other columns: medians of later times.\n\n"
)
PIXELS = (
    "Python's part of a job, for photos of several sizes, each in a worker of its own: medians of each\n"
    "stage, and the length of Pyodide's memory before the first job and at most, Python itself included.\n"
    "*aim*: what each may take on 2 cores.\n\n"
)
BATCH = (
    "A batch in the built site's own page, JPEG to PNG: seconds for all photos and, in the median, from one\n"
    "to the next; memory after the 20th photo and the most after it. *whole browser*: all its processes.\n\n"
)


def rendered(text: str, files: Sequence[Result]) -> str:
    """Put the tables of results files between the two marks of `text`."""
    jobs = [file for file in files if _is_of("main-job", file)]
    alone = [file for file in files if _is_of("inference", file)]
    parts = [ALONE, *(_part(file, inference_table(file["results"])) for file in alone)] if alone else []
    parts += [WHOLE, *(_part(file, job_table(file["results"])) for file in jobs)] if jobs else []
    pixels = [file for file in files if _is_of("pixels", file)]
    parts += [PIXELS, *(_part(file, pixel_table(file["results"])) for file in pixels)] if pixels else []
    batches = [file for file in files if _is_of("batch", file)]
    tables = [_part(file, batch_table(file["results"]), "seconds and MB") for file in batches]
    parts += [BATCH, *tables] if batches else []
    return between(text, BEGIN, END, "".join(parts))


def with_quality(text: str, files: Sequence[Result], layout: Callable[[Result], str]) -> str:
    """Put the tables of bench.quality's results, if there are some, between their marks."""
    found = [file for file in files if file.get("bench") == "quality"]
    return between(text, QUALITY_BEGIN, QUALITY_END, "".join(layout(file) + "\n" for file in found))


def _part(file: Result, table: str, unit: str = "milliseconds") -> str:
    left_out = "".join(f"\nNot measured: {reason}.\n" for reason in file.get("left_out", ()))
    return f"On {file['title']} ({file['date']}), {unit}:\n\n{table}\n{left_out}\n"


def _is_of(bench: str, file: Result) -> bool:
    return any(result.get("bench") == bench for result in file["results"])


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the tables, or with --check say whether they are current."""
    arguments = sys.argv[1:] if arguments is None else arguments
    paths = sorted(RESULTS.glob("*.json"), key=lambda path: path.stem)
    files = [json.loads(path.read_text("utf-8")) for path in paths]
    before = {page: page.read_text("utf-8") for page in (README, QUALITY)}
    after = {
        README: with_quality(rendered(before[README], files), files, headlines),
        QUALITY: with_quality(before[QUALITY], files, everything),
    }
    if "--check" in arguments:
        return 0 if before == after else 1
    for page, text in after.items():
        page.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
