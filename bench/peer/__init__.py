"""The package that most people would take instead, measured on the same photo in the same run.

Needs the standard library only, as all of bench does that measures; ``bench.peer.build`` makes what is run.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

NAME = "@imgly/background-removal 1.7.0"
BUILT = Path(__file__).resolve().parents[2] / "dist" / "bench-peer"
DEVICES = {"webgpu": "gpu", "wasm": "cpu"}  # ours, and its word for it


def jobs(devices: Sequence[str], photos: Sequence[str], rounds: int) -> Iterator[dict[str, Any]]:
    """Yield a job for bench/page/bench.js for each of our devices."""
    for device in devices:
        yield {
            "script": "peer/peer.js", "device": DEVICES[device], "photos": list(photos), "rounds": rounds,
        }  # fmt: skip


def summarise(job: Mapping[str, Any], report: Mapping[str, Any], about: Mapping[str, Any]) -> dict[str, Any]:
    """Medians of a report's runs, the first one apart; `inference` is the time of its session's run alone."""
    device = next(ours for ours, theirs in DEVICES.items() if theirs == job["device"])
    ran = {
        "bench": "peer", "package": NAME, "model": "isnet", "device": device,
        "adapter": about["adapter"]["name"] if device == "webgpu" else "",
        "precision": "float16" if device == "webgpu" else "float32",
        "threads": 0 if device == "webgpu" else about["cores"],
    }  # fmt: skip
    if "error" in report:
        return {**ran, "error": report["error"]}
    first, *later = report["runs"]
    steady = {key: round(statistics.median(run[key] for run in later), 1) for key in ("inference", "total")}
    return {
        **ran, **{key: report[key] for key in ("photo", "width", "height")},
        "cold_ms": round(report["cold_ms"]), "create_ms": round(report["create_ms"]),
        "first_ms": round(first["total"]), "first_inference_ms": round(first["inference"], 1),
        "rounds": len(later), "steady_ms": steady, "bytes_out": first["bytes_out"],
    }  # fmt: skip
