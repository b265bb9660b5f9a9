"""Measures the network alone in the built site, through its own worker and session, in a real browser.

    python -m bench.inference --machine NAME [--title WORDS] [--models u2netp,isnet] [--rounds 30]
                              [--devices webgpu-f16,webgpu-f32,wasm-n,wasm-1] [--peer] [--photo PHOTO]
                              [--profile] [--browser "COMMAND"] [--site dist/site]

For each model and device, in a new browser: session creation with the files at hand, the first run, the
median of later runs with upload and read-back, on a GPU also the bytes of its buffers after 20 and after 200
runs. With --peer also the same network in the package that most would take, on a photo. With --profile it
prints what each kind of kernel took. Writes bench/results/<machine>.json.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench import peer
from bench.harness import Bench, Result, bench, parse, parser, providers, scaled, write_results
from bench.tables import inference_table, kernel_table

DEVICES: dict[str, dict[str, Any]] = {
    "webgpu-f16": {"device": "webgpu", "precision": "float16"},
    "webgpu-f32": {"device": "webgpu", "precision": "float32"},
    "wasm-n": {"device": "wasm"},
    "wasm-1": {"device": "wasm", "threads": 1},
}
MEMORY_AFTER = (20, 200)  # runs
PROFILE_ROUNDS = 10


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure as the command line says."""
    options = _parse(arguments)
    results: list[Result] = []
    left_out: list[str] = []
    with bench(options) as running:
        about = running.about()
        for model in options.models:
            for name in options.devices or DEVICES:
                reason = "" if options.devices else why_not(name, about)
                if reason:
                    left_out.append(f"{model} {name}: {reason}")
                    print(f"left out: {left_out[-1]}", flush=True)
                else:
                    results += _told(_measure(running, model, DEVICES[name], options))
        if options.peer:
            results += _told(_measure_peer(running, about, options))
    print(inference_table(results))
    write_results(options.machine, options, about, results, left_out=left_out)
    grown = [result for result in results if has_grown(result)]
    for result in grown:
        print(f"GPU memory grew: {result['model']} {result['precision']} {result['gpu_bytes']}")
    return 1 if grown or any("error" in result for result in results) else 0


def why_not(name: str, about: Mapping[str, Any]) -> str:
    """Say why a device is not measured where none was named; empty if it is."""
    adapter, wish = about["adapter"], DEVICES[name]
    if wish["device"] == "wasm":
        return ""
    if not adapter or adapter["software"]:
        return f"there is no GPU, only {adapter['name']}" if adapter else "there is no GPU"
    return "the adapter has no shader-f16" if wish["precision"] == "float16" and not adapter["half"] else ""


def has_grown(result: Result) -> bool:
    """Whether more GPU memory was held after the later runs than after the earlier ones."""
    held = result.get("gpu_bytes") or {}
    in_order = [held[runs] for runs in sorted(held, key=int)]
    return in_order != sorted(in_order, reverse=True)


def summarise(network: Mapping[str, Any], report: Result) -> Result:
    """Take the median of a report's runs, the first one apart: it compiles the shaders."""
    if "error" in report:
        unknown = {
            "adapter": "",
            "precision": network.get("precision", ""),
            "threads": network.get("threads", 0),
        }
        known = {"model": network["model"], "device": network["device"]}
        return {"bench": "inference", **known, **unknown, **report}
    device = report["device"]
    summary = {
        "bench": "inference", "model": network["model"],
        "device": device["provider"], "adapter": device["adapter"],
        "precision": device["precision"], "threads": device["threads"],
        "create_ms": round(report["create_ms"]), "first_ms": round(report["first_ms"], 1),
        "rounds": len(report["runs"]), "steady_ms": round(statistics.median(report["runs"]), 2),
        "fastest_ms": round(min(report["runs"]), 2), "gpu_bytes": report["gpu_bytes"],
    }  # fmt: skip
    return summary if report["kernels"] is None else {**summary, "kernels": report["kernels"]}


def _measure(
    running: Bench, model: str, wish: Mapping[str, Any], options: argparse.Namespace
) -> Iterator[Result]:
    network = {"model": model, **wish}
    job = {
        "script": "inference.js", "network": network, "rounds": options.rounds, "seconds": options.seconds,
        "memory_after": MEMORY_AFTER, "profile_rounds": PROFILE_ROUNDS if options.profile else 0,
    }  # fmt: skip
    for report in running.run(job):
        yield summarise(network, report)


def _measure_peer(running: Bench, about: Result, options: argparse.Namespace) -> Iterator[Result]:
    devices = [device for device in providers(about) if device == "wasm" or about["adapter"]["half"]]
    for job in peer.jobs(devices, [photo.name for photo in options.photo], options.peer_rounds):
        for report in running.run(job):
            yield peer.summarise(job, report, about)


def _told(results: Iterator[Result]) -> Iterator[Result]:
    for result in results:
        print(inference_table([result]).splitlines()[-1], flush=True)
        if "kernels" in result:
            print(kernel_table(result), flush=True)
        yield result


def _offered(site: Path) -> set[str]:
    return {model["id"] for model in json.loads((site / "site.json").read_text("utf-8"))["models"]}


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    made = parser("inference", "Measure the network alone.")
    made.add_argument("--devices", default="", help=f"of {','.join(DEVICES)}; without it all that can be")
    made.add_argument("--rounds", type=int, default=30, help="runs after the first")
    made.add_argument("--seconds", type=float, default=120, help="fewer runs where all would take longer")
    made.add_argument("--peer-rounds", type=int, default=10, help="jobs of the peer after the first")
    made.add_argument("--profile", action="store_true", help="time each kernel too, in runs of their own")
    options = parse(made, arguments)
    options.devices = options.devices.split(",") if options.devices else []
    if unknown := set(options.devices) - set(DEVICES):
        made.error(f"no device {', '.join(sorted(unknown))}; there are {', '.join(DEVICES)}")
    if missing := set(options.models) - _offered(options.site):
        made.error(f"the site has no model {', '.join(sorted(missing))}")
    if options.peer and not options.photo:
        options.photo = [scaled(options.site, 12)]
    return options


if __name__ == "__main__":
    sys.exit(main())
