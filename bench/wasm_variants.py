"""Compares graphs, session options and thread counts of the networks on WebAssembly, and their quality.

    python -m bench.wasm_variants --machine NAME [--title WORDS] [--models u2netp,isnet] [--rounds 9]
                                  [--threads 1,2] [--truth FOLDER ...] [--calibration FOLDER] [--profile]

Variants run in turns, so that ratios hold on a machine that does other things too: in the browser by the
clock, and in Node.js on one thread by processor time, which other work hardly changes. --truth names folders
with im/ and gt/ (of the same stems) for quality, which onnxruntime measures under CPython; --calibration one
with im/ for static int8. Writes bench/results/wasm-variants-<machine>.json.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from alphacut.native import NativeSession
from alphacut.store.catalog import Model, read_models
from alphacut.store.node import node_command
from bench.harness import ROOT, Bench, Result, bench, parse, parser, write_results
from bench.tables import markdown
from bench.wasm_graphs import Graph, graphs_of, network_input

OPTIONS: dict[str, dict[str, Any]] = {
    "default": {},
    "no arena": {"enableCpuMemArena": False},
    "no memory pattern": {"enableMemPattern": False},
    "no arena, no pattern": {"enableCpuMemArena": False, "enableMemPattern": False},
    "parallel execution": {"executionMode": "parallel"},
    "optimisation extended": {"graphOptimizationLevel": "extended"},
    "optimisation basic": {"graphOptimizationLevel": "basic"},
    "no prepacking": {"extra": {"session": {"disable_prepacking": "1"}}},
    "no spinning": {"extra": {"session": {"intra_op": {"allow_spinning": "0"}}}},
}
OPTIONS_ON = "winograd"
ORT_FOR_NODE = ROOT / "web" / "node_modules" / "onnxruntime-web" / "dist" / "ort.node.min.mjs"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure as the command line says."""
    options = _parse(arguments)
    models = read_models()
    results: list[Result] = []
    made = {
        name: graphs_of(models[name], ROOT / "dist" / "wasm-variants", options) for name in options.models
    }
    options.photo = sorted({file for graphs in made.values() for graph in graphs for file in graph.files})
    with bench(options) as running:
        about = running.about()
        for name, graphs in made.items():
            if options.profile:
                _print_profile(models[name], graphs)
            for some in _measured(running, models[name], graphs, options):
                results += _told(some)
                # Each time: it takes an hour, and what is known by then is kept.
                write_results(f"wasm-variants-{options.machine}", options, about, results)
    return 0


def _measured(
    running: Bench, model: Model, graphs: Sequence[Graph], options: argparse.Namespace
) -> Iterator[Iterator[Result]]:
    yield _compare(running, model, graphs, options)
    yield _on_one_core(model, graphs, _rounds(model, options))
    yield _memory(running, model, graphs)
    yield quality(model, graphs, options.truth)


def table(results: Sequence[Mapping[str, Any]]) -> str:
    """Lay the results out as Markdown: medians and their ratio to the first row with as many threads."""
    rows = []
    for result in results:
        name = f"{result['model']} {result['variant']}"
        if "error" in result:
            rows.append([name, result["error"][:120]])
        elif result["bench"] == "quality":
            rows.append(
                [name, f"MAE {result['mae']:.4f}, IoU {result['iou']:.3f}, {result['photos']} photos"]
            )
        elif result["bench"] == "heap":
            rows.append(
                [name, f"heap {result['heap'] / 1e6:.0f} MB, created in {result['create_ms']:.0f} ms"]
            )
        else:
            times = f"median {result['median_ms']:.0f} ms, least {result['least_ms']:.0f} ms"
            ratios = f"{result['ratio']:.2f} of the first, least {result['least_ratio']:.2f}"
            how = "processor time" if result["bench"] == "processor" else f"{result['threads']} threads"
            rows.append([name, f"{how}: {times}; {ratios}"])
    return markdown(["variant", "measured"], rows)


def quality(model: Model, graphs: Iterable[Graph], folders: Sequence[Path]) -> Iterator[Result]:
    """Score every graph against the truth: mean absolute error of alpha, mean IoU at one half."""
    for graph in graphs if folders else ():
        session = NativeSession(graph.path)
        for folder in folders:
            scores = [_score(session, model, *pair) for pair in _pairs(folder)]
            mae, iou = np.mean(scores, axis=0)
            yield {
                "bench": "quality", "model": model.id, "variant": graph.name, "set": folder.name,
                "photos": len(scores), "mae": round(float(mae), 5), "iou": round(float(iou), 4),
            }  # fmt: skip


def _score(session: NativeSession, model: Model, photo: Path, truth: Path) -> tuple[float, float]:
    with Image.open(truth) as image:
        expected = np.asarray(image.convert("L"), np.float32) / 255
    levels = session.infer(network_input(photo, model))
    alpha = Image.fromarray(levels.reshape(levels.shape[-2:])).resize(
        expected.shape[::-1], Image.Resampling.BILINEAR
    )
    found = np.asarray(alpha, np.float32) / 255
    inside, wanted = found > 0.5, expected > 0.5
    union = np.count_nonzero(inside | wanted)
    iou = np.count_nonzero(inside & wanted) / union if union else 1.0
    return float(np.abs(found - expected).mean()), iou


def _pairs(folder: Path) -> Iterator[tuple[Path, Path]]:
    truths = {path.stem: path for path in (folder / "gt").iterdir()}
    for photo in sorted((folder / "im").iterdir()):
        if photo.stem in truths:
            yield photo, truths[photo.stem]


def _compare(
    running: Bench, model: Model, graphs: Sequence[Graph], options: argparse.Namespace
) -> Iterator[Result]:
    chosen = next(graph for graph in graphs if graph.name == OPTIONS_ON)
    kinds = [[_job(graph, model, graph.name, {}) for graph in graphs]]
    if model.default:  # the other's runs are long, and the options are ONNX Runtime's, not the network's
        kinds.append([_job(chosen, model, f"{chosen.name}, {name}", more) for name, more in OPTIONS.items()])
    for threads in options.threads:
        for variants in kinds:
            yield from _summarised(running, model, variants, threads, _rounds(model, options))


def _rounds(model: Model, options: argparse.Namespace) -> int:
    return int(options.rounds) if model.default else max(options.rounds // 3, 3)


def _on_one_core(model: Model, graphs: Sequence[Graph], rounds: int) -> Iterator[Result]:
    """Measure processor time in Node.js."""
    for group in _with_first([_job(graph, model, graph.name, {}) for graph in graphs], 3):
        job = {"variants": group, "rounds": rounds, "profile": False}
        told = _in_node(graphs[0].path.parent, job)["variants"]
        for variant in told:
            yield {
                "bench": "processor", "model": model.id, "variant": variant["name"], "threads": 1,
                "rounds": rounds, **_times(variant["ms"], told[0]["ms"]),
            }  # fmt: skip


def _in_node(folder: Path, job: dict[str, Any]) -> Result:
    """Run bench/wasm_variants.mjs on files of a folder."""
    for variant in job["variants"]:
        files = {key: str(folder / variant[key]) for key in ("graph", "weights", "input") if variant[key]}
        variant.update(files)
    path = folder / "job.json"
    path.write_text(json.dumps({"ort": ORT_FOR_NODE.as_uri(), **job}))
    script = str(Path(__file__).with_suffix(".mjs"))
    ran = subprocess.run([*node_command(), script, str(path)], stdout=subprocess.PIPE, check=True)
    report: Result = json.loads(ran.stdout)
    return report


def _times(ms: Sequence[float], base: Sequence[float]) -> Result:
    median, least = statistics.median(ms), min(ms)
    return {
        "median_ms": round(median, 1), "least_ms": round(least, 1),
        "ratio": round(median / statistics.median(base), 3), "least_ratio": round(least / min(base), 3),
    }  # fmt: skip


def _summarised(
    running: Bench, model: Model, variants: Sequence[Result], threads: int, rounds: int
) -> Iterator[Result]:
    # Few at a time: each holds its weights, and WebAssembly has 4 GB.
    for group in _with_first(variants, 4):
        report = _only(running, {"variants": group, "threads": threads, "rounds": rounds})
        base: list[float] = []
        for told in report.get("variants", [{"name": group[0]["name"], **report}]):
            known = {"bench": "time", "model": model.id, "variant": told["name"], "threads": threads}
            if "error" in told:
                yield {**known, "error": told["error"]}
                continue
            base = base or told["ms"]
            yield known | {
                "rounds": rounds, "create_ms": round(told["create_ms"]), "first_ms": round(told["first_ms"]),
                **_times(told["ms"], base),
            }  # fmt: skip


def _with_first(variants: Sequence[Result], size: int) -> Iterator[list[Result]]:
    """Split into groups that each begin with the first variant, which the others are compared with."""
    first, *others = variants
    for begin in range(0, len(others), size - 1):
        yield [first, *others[begin : begin + size - 1]]


def _memory(running: Bench, model: Model, graphs: Sequence[Graph]) -> Iterator[Result]:
    """Run each graph alone, once."""
    for graph in graphs:
        report = _only(running, {"variants": [_job(graph, model, graph.name, {})], "threads": 1, "rounds": 0})
        told = report.get("variants", [report])[0]
        known = {"bench": "heap", "model": model.id, "variant": graph.name}
        if "error" in told:
            yield {**known, "error": told["error"]}
        else:
            yield {**known, "heap": report["heap"], "create_ms": round(told["create_ms"])}


def _print_profile(model: Model, graphs: Sequence[Graph]) -> None:
    """Print how long each kind of operator takes on one thread: of each node the fastest run."""
    for graph in (graph for graph in graphs if graph.name in {"fp32", OPTIONS_ON}):
        job = {"variants": [_job(graph, model, graph.name, {})], "rounds": 5, "profile": True}
        events = json.loads("".join(_in_node(graph.path.parent, job)["printed"]))
        kinds = Counter[str]()
        for kind, microseconds in fastest(events).values():
            kinds[kind] += microseconds
        rows = [
            [kind, f"{time / 1e3:.1f} ms", f"{time / kinds.total():.1%}"]
            for kind, time in kinds.most_common()
        ]
        print(f"{model.id} {graph.name}\n{markdown(['operator', 'time', 'share'], rows)}", flush=True)


def fastest(events: Iterable[Mapping[str, Any]]) -> dict[str, tuple[str, int]]:
    """Find the kind and the least microseconds of each node in ONNX Runtime's profile."""
    found: dict[str, tuple[str, int]] = {}
    for event in events:
        if event["cat"] == "Node" and event["name"].endswith("_kernel_time"):
            kind, time = event["args"]["op_name"], event["dur"]
            found[event["name"]] = (kind, min(time, found.get(event["name"], (kind, time))[1]))
    return found


def _job(graph: Graph, model: Model, name: str, options: Mapping[str, Any]) -> Result:
    return {
        "name": name, "graph": graph.path.name, "weights": graph.weights.name if graph.weights else "",
        "input": graph.input.name, "dims": [1, model.spec.height, model.spec.width, 3], "options": options,
    }  # fmt: skip


def _only(running: Bench, job: Mapping[str, Any]) -> Result:
    (report,) = running.run({"script": "wasm-variants.js", **job})
    return report


def _told(results: Iterable[Result]) -> Iterator[Result]:
    for result in results:
        print(table([result]).splitlines()[-1], flush=True)
        yield result


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    made = parser("wasm_variants", "Compare variants of the networks on WebAssembly.")
    made.set_defaults(models="u2netp,isnet")
    made.add_argument("--rounds", type=int, default=9, help="of U²-Netp; ISNet runs a third as often")
    made.add_argument("--threads", default="1,2", help="comma-separated")
    made.add_argument("--truth", type=Path, nargs="*", default=[], help="folders with im/ and gt/")
    made.add_argument("--calibration", type=Path, help="folder with im/, for static int8")
    made.add_argument("--profile", action="store_true", help="print the time of each kind of operator")
    options = parse(made, arguments)
    options.threads = [int(count) for count in options.threads.split(",")]
    return options


if __name__ == "__main__":
    sys.exit(main())
