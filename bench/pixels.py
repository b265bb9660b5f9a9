"""Measures Python's stages and memory in the built site, in a real browser, for photos of several sizes.

    python -m bench.pixels --machine NAME [--title WORDS] [--models u2netp] [--megapixels 2,12,48]
                           [--rounds 5] [--photo PHOTO ...] [--browser "COMMAND"] [--site dist/site]

Each photo has a worker of its own. Its heap is Pyodide's WebAssembly memory, Python itself included: it never
shrinks, so its length after the jobs is its peak. Strips of a PNG that are under way in other workers are not
in it. Prints a table of medians and writes bench/results/pixels-<machine>.json.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from bench.harness import Result, bench, parse, parser, providers, scaled, write_results
from bench.tables import pixel_table

OUTPUTS: Mapping[str, Mapping[str, Any]] = {"PNG": {}}
"""What to make, by name: further fields of the request in web/shared/protocol.js."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure as the command line says."""
    made = parser("pixels", "Measure Python's stages and memory.")
    made.add_argument("--megapixels", default="2,12,48", help="comma-separated; of photos made for it")
    made.add_argument("--rounds", type=int, default=5, help="jobs with each photo after the first")
    options = parse(made, arguments)
    options.photo = options.photo or [scaled(options.site, float(n)) for n in options.megapixels.split(",")]
    results: list[Result] = []
    with bench(options) as running:
        about = running.about()
        job = {
            "model": options.models[0], "device": providers(about)[0], "outputs": OUTPUTS,
            "photos": [photo.name for photo in options.photo], "rounds": options.rounds,
        }  # fmt: skip
        for report in running.run({"script": "pixels.js", **job}):
            results.append(summarise(report))
            print(pixel_table(results[-1:]).splitlines()[2], flush=True)
    print(pixel_table(results))
    write_results(f"pixels-{options.machine}", options, about, results)
    return 1 if any("error" in result for result in results) else 0


def summarise(report: Result) -> Result:
    """Medians of a report's runs, the first one apart: memory still grows then, and code is compiled."""
    if "error" in report:
        return {"bench": "pixels", **report}
    first, *later = report["runs"]
    stages = {stage: [run["ms"][stage] for run in later] for stage in first["ms"]}
    stages["pixels"] = [run["ms"]["total"] - run["ms"]["inference"] for run in later]
    stages["made"] = [run["ms"]["compose"] + run["ms"]["encode"] for run in later]
    return {
        "bench": "pixels", "photo": report["photo"], "format": report["format"],
        "width": first["width"], "height": first["height"], "rounds": len(later),
        "steady_ms": {stage: round(statistics.median(times), 1) for stage, times in stages.items()},
        "heap_bytes": report["heap_bytes"], "bytes_out": first["bytes_out"],
    }  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
