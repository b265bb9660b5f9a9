"""Lays results out as the README's Markdown tables, with the ratios that they are published for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bench.drift import SETTLED, Drift, Trend, drifts, trend

STAGES = ("decode", "preprocess", "inference", "mask", "foreground", "compose", "encode", "total")
PIXEL_COLUMNS = {
    "decode": "decode", "preprocess": "preprocess", "mask": "mask", "foreground": "foreground",
    "made": "compose + encode", "pixels": "all but inference",
}  # fmt: skip
PIXEL_TARGETS: Mapping[int, Mapping[str, int]] = {
    12: {
        "decode": 120, "preprocess": 45, "mask": 120, "foreground": 150, "made": 300, "pixels": 600,
        "heap_mb": 300,
    },
    48: {"heap_mb": 900},
}  # fmt: skip
"""Milliseconds at most on the host with 2 cores, and megabytes."""
Result = Mapping[str, Any]


def job_table(results: Sequence[Result]) -> str:
    """Lay out results of bench.main_job, milliseconds; how the peer compares only where it was measured."""
    versus = any(result["bench"] == "peer" for result in results)
    head = ["model", "device", "photo", "cold", "warm", "first", *STAGES, *(["vs peer"] if versus else [])]
    rows = []
    for result in results:
        cells = _failed(result) if "error" in result else _job_cells(result)
        if versus and "error" not in result:
            cells.append(_ratio(_peers(result, results), result, "total"))
        rows.append(cells)
    return markdown(head, rows)


def inference_table(results: Sequence[Result]) -> str:
    """Lay out results of bench.inference: milliseconds, megabytes, and ratios within the same run."""
    versus = any(result["bench"] == "peer" for result in results)
    threads = sorted({result["threads"] for result in results if _is_base(result)})
    head = ["model", "device", "create", "first", "steady", "runs"]
    head += [f"vs wasm, {_threads(count)}" for count in threads]
    head += [*(["vs peer"] if versus else []), "GPU MB after 20 runs", "after 200"]
    rows = []
    for result in results:
        if "error" in result:
            rows.append(_failed(result))
            continue
        bases = [_on_wasm(result, results, count) for count in threads]
        bases += [_peers(result, results)] if versus else []
        ratios = [_ratio(base, result, "inference") for base in bases]
        rows.append(
            [_model(result), _device(result), *_inference_times(result), *ratios, *_gpu_memory(result)]
        )
    return markdown(head, rows)


def pixel_table(results: Sequence[Result]) -> str:
    """Lay out results of bench.pixels, milliseconds and megabytes, with what is aimed at on 2 cores."""
    head = ["photo", "to", *PIXEL_COLUMNS.values(), "file MB", "heap MB before", "at most"]
    rows = []
    for result in results:
        if "error" in result:
            rows.append([str(result["error"]).partition("\n")[0][:200]])
            continue
        heap = [f"{result['heap_bytes'][when] / 1e6:.0f}" for when in ("before", "after")]
        times = [_whole(result["steady_ms"].get(stage)) for stage in PIXEL_COLUMNS]
        size = f"{result['bytes_out'] / 1e6:.1f}"
        rows.append([_megapixels(result), result["format"], *times, size, *heap])
    for megapixels, aim in PIXEL_TARGETS.items():
        times = [_whole(aim.get(stage)) for stage in PIXEL_COLUMNS]
        rows.append([f"aim at {megapixels} MP", "PNG", *times, "", "", str(aim["heap_mb"])])
    return markdown(head, rows)


def batch_table(results: Sequence[Result]) -> str:
    """Lay out results of bench.batch: seconds, and megabytes from the 20th photo to the last."""
    head = ["model", "device", "photos", "all", "one", "Python", "ONNX Runtime", "page", "whole browser"]
    rows = []
    for result in results:
        memory = [
            f"{result['settled'][kind] / 1e6:.0f} to {result['most'][kind] / 1e6:.0f}"
            for kind in ("python", "ort", "js", "browser")
        ]
        photos = f"{result['photos']} of {result['megapixels']:g} MP"
        times = [f"{result['total_s']:.0f}", f"{result['photo_s']:.2f}"]
        rows.append([result["model"], result["device"], photos, *times, *memory])
    return markdown(head, rows)


def load_table(results: Sequence[Result]) -> str:
    """Lay out results of bench.batch as loads: how far time and memory moved later (bench/drift.py)."""
    head = ["load", "model", "device", "failed", "photo, s", "its trend", "a photo leaves in the page"]
    kinds = {
        "python": "Python, MB",
        "ort": "ONNX Runtime, MB",
        "js": "page, MB",
        "browser": "whole browser, MB",
    }
    rows = []
    for result in results:
        found, curve = drifts(result["curve"]), result["curve"]
        memory = [_moved(found.get(kind), result["last"][kind]) for kind in kinds]
        pace = _moved(found.get("photo"), result["photo_s"], unit=1.0, form=".2f")
        load = f"{result['photos']} photos of {result['megapixels']:g} MP"
        told = [load, result["model"], result["device"], str(result["failed"]), pace]
        rows.append([*told, _trend(trend(curve)), _left(curve) if found else "", *memory])
    return markdown([*head, *kinds.values()], rows)


def _moved(drift: Drift | None, end: float, *, unit: float = 1e6, form: str = ".1f") -> str:
    if drift is None:
        return f"{end / unit:{form}}"
    return f"{drift.begin / unit:{form}} ({100 * drift.off:+.1f} %)"


def _trend(found: Trend | None) -> str:
    return (
        ""
        if found is None
        else f"{100 * found.change:+.0f} % [{100 * found.low:+.0f}, {100 * found.high:+.0f}]"
    )


def _left(curve: Sequence[Mapping[str, float]]) -> str:
    """Bytes of JavaScript's heap that each photo after the 20th adds."""
    begin, end = next(point for point in curve if point["done"] >= SETTLED), curve[-1]
    return f"{(end['js'] - begin['js']) / (end['done'] - begin['done']):.0f} bytes"


def kernel_table(result: Result, most: int = 20) -> str:
    """Lay out the kernels of a profiled result, longest first, milliseconds of one run."""
    kernels = result["kernels"]
    if not kernels:
        return f"{_model(result)}, {_device(result)}: this device gives no times of kernels"
    total = sum(kernel["ms"] for kernel in kernels)
    rows = [
        [kernel["name"], f"{kernel['count']:.3g}", f"{kernel['ms']:.2f}", f"{kernel['ms'] / total:.1%}"]
        for kernel in kernels[:most]
    ]
    head = [f"{_model(result)}, {_device(result)}", "a run", "ms", "part"]
    return markdown(head, [*rows, ["all", "", f"{total:.2f}", ""]])


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Make a Markdown table."""
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (head, ["---"] * len(head), *rows))


def between(text: str, begin: str, end: str, body: str) -> str:
    """Replace what stands between two marks of a page."""
    head, rest = text.split(begin, 1)
    return head + begin + body.removesuffix("\n") + end + rest.split(end, 1)[1]


def _job_cells(result: Result) -> list[str]:
    starts = [_whole(result.get(key)) for key in ("cold_ms", "warm_ms", "first_ms")]
    steady = [_whole(result["steady_ms"].get(stage)) for stage in STAGES]
    return [_model(result), _device(result), _megapixels(result), *starts, *steady]


def _megapixels(result: Result) -> str:
    return f"{result['width'] * result['height'] / 1e6:.1f} MP"


def _inference_times(result: Result) -> list[str]:
    first = result["first_inference_ms"] if result["bench"] == "peer" else result["first_ms"]
    steady = f"{_steady(result, 'inference'):.1f}"
    return [_whole(result["create_ms"]), _whole(first), steady, str(result["rounds"])]


def _gpu_memory(result: Result) -> list[str]:
    bytes_ = result.get("gpu_bytes") or {}
    return [f"{bytes_[runs] / 1e6:.1f}" if runs in bytes_ else "" for runs in ("20", "200")]


def _failed(result: Result) -> list[str]:
    return [_model(result), _device(result), str(result["error"]).partition("\n")[0][:200]]


def _model(result: Result) -> str:
    return f"{result['model']}, {result['package']}" if "package" in result else str(result["model"])


def _device(result: Result) -> str:
    if result["device"] == "webgpu":
        return f"webgpu {result['precision']}, {result['adapter']}"
    return f"wasm, {_threads(result['threads'])}"


def _threads(count: int) -> str:
    return "1 thread" if count == 1 else f"{count} threads"


def _is_base(result: Result) -> bool:
    return result["bench"] == "inference" and result["device"] == "wasm" and "error" not in result


def _on_wasm(result: Result, results: Sequence[Result], threads: int) -> Result | None:
    """Return ours of the same network on so many threads of the CPU, in the same run."""
    wanted = {"bench": "inference", "model": result["model"], "device": "wasm", "threads": threads}
    return _like(wanted, results)


def _peers(result: Result, results: Sequence[Result]) -> Result | None:
    """Return the peer's of the same network on the same device, and of the same photo where there is one."""
    same = ("model", "device", "threads", *(["photo"] if "photo" in result else []))
    return _like({"bench": "peer", **{key: result[key] for key in same}}, results)


def _like(wanted: Result, results: Sequence[Result]) -> Result | None:
    fits = (r for r in results if "error" not in r and all(r[key] == wanted[key] for key in wanted))
    return next(fits, None)


def _ratio(base: Result | None, result: Result, what: str) -> str:
    """Return how many times as fast a result is as the one it is held against."""
    return "" if base is None else f"{_steady(base, what) / _steady(result, what):.3g}"


def _steady(result: Result, what: str) -> float:
    """Return milliseconds of a step, or of the inference that was measured alone."""
    steady = result["steady_ms"]
    return float(steady[what] if isinstance(steady, Mapping) else steady)


def _whole(ms: float | None) -> str:
    return "" if ms is None else f"{ms:.0f}"
