"""Measures where a browser keeps a model best: Cache Storage or the origin private file system (OPFS).

    python -m bench.storage [--machine NAME] [--title WORDS] [--rounds 7] [--bytes 88000000]

Each round writes and reads the same bytes in every variant and chunk size, in an order that changes, in a
browser that was started anew before it reads. Prints a table of medians and, with a machine's name, writes
bench/results/storage-<machine>.json and the tables of docs/storage.md.
"""

from __future__ import annotations

import argparse
import datetime
import json
import random
import statistics
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, Playwright, sync_playwright

from bench.readme import BEGIN, END
from tools import chromium
from tools.serve import serving

HERE = Path(__file__).resolve().parent
DOCUMENT = HERE.parent / "docs" / "storage.md"
VARIANTS = ("cache", "opfs", "opfs file")
CHUNKS = (1_000_000, 2_000_000, 4_000_000, 8_000_000)
READS = {"read": False, "read, verified": True}
STEPS = ("write", *READS)

# Under the page's content policy nothing may be evaluated as text, so a step is a message to a worker.
CALL = """job => new Promise((resolve, reject) => {
  globalThis.worker ??= new Worker("storage-worker.js", { type: "module" });
  worker.onmessage = ({ data }) => data.error ? reject(new Error(data.error)) : resolve(data.ms);
  worker.onerror = (event) => reject(new Error(event.message));
  worker.postMessage(job);
})"""

Case = tuple[str, int]  # variant, bytes of a chunk
CASES: list[Case] = [(variant, chunk) for variant in VARIANTS for chunk in CHUNKS]
Times = dict[Case, dict[str, list[float]]]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure as the command line says."""
    options = _parse(arguments)
    times: Times = defaultdict(lambda: defaultdict(list))
    with serving(HERE / "page") as url, sync_playwright() as playwright:
        for number in range(options.rounds):
            _round(playwright, url, random.Random(number), options.bytes, times)
            print(f"round {number + 1} of {options.rounds}", flush=True)
        version = _version(playwright)
    results = [_summary(case, times[case]) for case in CASES]
    print(table(results))
    if options.machine:
        facts = {
            "machine": options.machine, "title": options.title or options.machine,
            "date": datetime.datetime.now(datetime.UTC).date().isoformat(), "browser": version,
            "bytes": options.bytes, "rounds": options.rounds,
        }  # fmt: skip
        path = HERE / "results" / f"storage-{options.machine}.json"
        path.write_text(json.dumps({**facts, "results": results}, indent=1) + "\n")
        DOCUMENT.write_text(rendered(DOCUMENT.read_text("utf-8"), measured()), "utf-8")
        print(f"written: {path.name}, {DOCUMENT.name}")
    return 0


def measured() -> list[dict[str, Any]]:
    """Every machine's results."""
    return [json.loads(path.read_text("utf-8")) for path in sorted((HERE / "results").glob("storage-*.json"))]


def rendered(text: str, machines: Sequence[Mapping[str, Any]]) -> str:
    """Put the tables between the two marks of `text`."""
    head, rest = text.split(BEGIN, 1)
    parts = [
        f"{one['bytes'] / 1e6:.0f} MB on {one['title']} ({one['date']}, Chromium {one['browser']});\n"
        f"milliseconds, median of {one['rounds']} and in brackets the least:\n\n{table(one['results'])}\n"
        for one in machines
    ]
    explained = (
        "*opfs* reads through a synchronous handle, straight into the array; *opfs file* through a `File`,\n"
        "as where a browser lets one tab alone hold the handle. Written three files at a time, read after\n"
        "the browser was started anew; *verified* with SHA-256.\n\n"
    )
    return head + BEGIN + explained + "\n".join(parts) + END + rest.split(END, 1)[1]


def table(results: Sequence[Mapping[str, Any]]) -> str:
    """Lay the results out as a Markdown table: medians and, in brackets, minima, in milliseconds."""
    head = ["kept in", "chunk", *STEPS]
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    for result in results:
        cells = [f"{result['ms'][step]:.0f} ({result['least_ms'][step]:.0f})" for step in STEPS]
        lines.append(f"| {result['variant']} | {result['chunk'] / 1e6:.0f} MB | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _round(playwright: Playwright, url: str, order: random.Random, size: int, times: Times) -> None:
    for variant, chunk in order.sample(CASES, len(CASES)):
        job = {"variant": variant, "bytes": size, "chunk": chunk}
        with tempfile.TemporaryDirectory() as profile:
            with _page(playwright, profile, url) as page:
                times[variant, chunk]["write"].append(page.evaluate(CALL, {**job, "step": "write"}))
            with _page(playwright, profile, url) as page:
                for step, verify in order.sample(sorted(READS.items()), len(READS)):
                    ms = page.evaluate(CALL, {**job, "step": "read", "verify": verify})
                    times[variant, chunk][step].append(ms)


@contextmanager
def _page(playwright: Playwright, profile: str, url: str) -> Iterator[Page]:
    """Open a page in a browser started anew, with what that profile keeps."""
    browser = playwright.chromium.launch_persistent_context(
        profile, executable_path=chromium.ensure(), args=chromium.launch_args("wasm")
    )
    try:
        page = browser.new_page()
        page.goto(f"{url}storage.html")
        yield page
    finally:
        browser.close()


def _version(playwright: Playwright) -> str:
    browser = playwright.chromium.launch(executable_path=chromium.ensure(), args=chromium.launch_args("wasm"))
    try:
        return browser.version
    finally:
        browser.close()


def _summary(case: Case, measured: Mapping[str, Sequence[float]]) -> dict[str, Any]:
    variant, chunk = case
    return {
        "variant": variant, "chunk": chunk,
        "ms": {step: round(statistics.median(measured[step]), 1) for step in STEPS},
        "least_ms": {step: round(min(measured[step]), 1) for step in STEPS},
    }  # fmt: skip


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.storage", description="Measure browser storage.")
    parser.add_argument("--machine", default="", help="name for the results file; without it none is written")
    parser.add_argument("--title", default="", help="the machine in words")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--bytes", type=int, default=87_980_544, help="default: ISNet's weights")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
