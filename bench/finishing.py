"""Measures what finishing a photo costs in the built site: exported from a master, and with the cutout.

    python -m bench.finishing [--machine NAME] [--models u2netp] [--megapixels 12] [--rounds 3]
                              [--photo PHOTO] [--browser "COMMAND"] [--site dist/site]

Each export has a worker of its own, that loads no model; its heap is Pyodide's WebAssembly memory, Python
itself included, after all rounds, which is its peak. Prints medians of the rounds after the first.
"""

from __future__ import annotations

import math
import statistics
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from bench.harness import Result, bench, parse, parser, providers, scaled, write_results

WHITE = {"kind": "colour", "colour": "#ffffff"}
CASES: Mapping[str, Mapping[str, Any]] = {
    "nothing": {"finish": {}},
    "colour": {"finish": {"background": WHITE}},
    "colour, crop": {"finish": {"background": WHITE, "crop": {"margin": 0.1, "aspect": [1, 1]}}},
    "canvas 2000, JPEG": {
        "finish": {"background": WHITE, "crop": {"kind": "canvas", "width": 2000, "height": 2000}},
        "output": {"format": "jpeg"},
    },
    "colour, shadow": {"finish": {"background": WHITE, "shadow": {}}},
    "shadow alone": {"finish": {"shadow": {}}},
    "blur": {"finish": {"background": {"kind": "blur", "strength": 0.5}}},
    "picture": {"finish": {"background": {"kind": "picture"}}},
    "softness, shift": {"finish": {"softness": 0.5, "shift": -0.5}},
    "edits": {"finish": {}, "edited": True},
}
"""What is asked for, by name; see web/shared/protocol.js."""


def strokes(megapixels: float) -> list[dict[str, Any]]:
    """Draw two arcs of 200 points, one erasing and one restoring, as wide as a thumb on the photo."""
    side = math.sqrt(megapixels * 1e6)
    turns = [index / 199 * math.pi for index in range(200)]
    arcs = [
        [
            number
            for turn in turns
            for number in (0.6 + size * math.cos(turn), 0.5 - size * math.sin(turn), 0.025)
        ]
        for size in (0.25, 0.35)
    ]
    return [
        {"kind": kind, "points": [side * number for number in points], "hardness": 0.6, "opacity": 1}
        for kind, points in zip(("erase", "restore"), arcs, strict=True)
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure as the command line says."""
    made = parser("finishing", "Measure finished files.")
    made.add_argument("--megapixels", type=float, default=12.0, help="of the photo made for it")
    made.add_argument("--rounds", type=int, default=3, help="jobs of each kind after the first")
    options = parse(made, arguments)
    options.photo = [
        *(options.photo[:1] or [scaled(options.site, options.megapixels)]),
        scaled(options.site, 2),
    ]
    results: list[Result] = []
    with bench(options) as running:
        about = running.about()
        job = {
            "script": "finishing.js", "model": options.models[0], "device": providers(about)[0],
            "photo": options.photo[0].name, "picture": options.photo[-1].name, "cases": CASES,
            "strokes": strokes(options.megapixels), "rounds": options.rounds,
        }  # fmt: skip
        for report in running.run(job):
            results.append(summarise(report))
            print(line(results[-1]), flush=True)
    write_results(f"finishing-{options.machine}", options, about, results)
    return 1 if any("error" in result for result in results) else 0


def summarise(report: Result) -> Result:
    """Medians of a report's runs, the first one apart: memory still grows then, and code is compiled."""
    if "error" in report:
        return {"bench": "finishing", **report}
    kind = next(name for name in ("runs", "at_once", "refined") if name in report)
    _, *later = report[kind]
    if kind == "refined":
        return {"bench": "finishing", "title": "refine", "kind": kind, "ms": {"total": _median(later)}}
    times = [run["ms"] if kind == "runs" else run for run in later]
    if kind == "at_once":
        times = [{**run, "total": run["total"] - run["inference"]} for run in times]
    ms = {stage: _median([run[stage] for run in times]) for stage in times[0]}
    facts = {"heap_bytes": report["heap_bytes"], **later[0]} if kind == "runs" else {}
    return {"bench": "finishing", "title": report["title"], "kind": kind, **facts, "ms": ms}


def _median(times: Sequence[float]) -> float:
    return round(statistics.median(times), 1)


def line(result: Result) -> str:
    """One result in words."""
    if "error" in result:
        return str(result["error"])
    stages = ", ".join(f"{stage} {ms:.0f}" for stage, ms in result["ms"].items() if stage != "total")
    heap = f"; heap {result['heap_bytes'] / 1e6:.0f} MB" if "heap_bytes" in result else ""
    return f"{result['kind']:8} {result['title']:18} {result['ms']['total']:6.0f} ms ({stages}){heap}"


if __name__ == "__main__":
    sys.exit(main())
