"""What the bench makes of reports: medians, tables, ratios, reasons; and the peer's folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import onnx
import pytest
from onnx import TensorProto, helper
from PIL import Image

from bench import harness, inference, main_job, peer, pixels, readme
from bench.harness import providers
from bench.inference import has_grown, why_not
from bench.peer import build
from bench.tables import inference_table, job_table, kernel_table, pixel_table

GPU = {"provider": "webgpu", "adapter": "nvidia", "precision": "float16", "threads": 0}


def about(*, software: bool = False, half: bool = True) -> dict[str, Any]:
    return {"cores": 16, "adapter": {"name": "nvidia", "software": software, "half": half}}


def alone(model: str, device: str, threads: int, steady: float, **more: Any) -> dict[str, Any]:
    return {
        "bench": "inference", "model": model, "device": device, "adapter": "nvidia", "precision": "float16",
        "threads": threads, "create_ms": 900, "first_ms": 300.4, "rounds": 30, "steady_ms": steady,
        "gpu_bytes": None, **more,
    }  # fmt: skip


def peers(device: str, threads: int, inference_ms: float, total_ms: float) -> dict[str, Any]:
    return {
        "bench": "peer", "package": peer.NAME, "model": "isnet", "device": device, "adapter": "nvidia",
        "precision": "float16", "threads": threads, "photo": "a.jpg", "width": 4000, "height": 3000,
        "cold_ms": 3000, "create_ms": 1200, "first_ms": 2000, "first_inference_ms": 700.0, "rounds": 10,
        "steady_ms": {"inference": inference_ms, "total": total_ms}, "bytes_out": 1,
    }  # fmt: skip


def job(model: str, device: str, threads: int, total: float, photo: str = "a.jpg") -> dict[str, Any]:
    steady = dict.fromkeys(("decode", "preprocess", "inference", "mask", "compose", "encode"), 1.0)
    return {
        "bench": "main-job", "model": model, "device": device, "adapter": "nvidia", "precision": "float16",
        "threads": threads, "photo": photo, "width": 4000, "height": 3000, "cold_ms": 1, "warm_ms": 1,
        "first_ms": 1, "rounds": 10, "steady_ms": {**steady, "total": total}, "bytes_out": 1,
    }  # fmt: skip


def rows(table: str) -> list[dict[str, str]]:
    """The table's rows by the names of their columns."""
    head, _, *lines = [[cell.strip() for cell in line.strip("| ").split("|")] for line in table.splitlines()]
    wide = [cells + [""] * (len(head) - len(cells)) for cells in lines]
    return [dict(zip(head, cells, strict=True)) for cells in wide]


# ---- summaries -------------------------------------------------------------------------------------


def test_the_steady_time_is_the_median_of_the_runs_after_the_first() -> None:
    report = {
        "device": GPU, "create_ms": 1234.6, "first_ms": 800.06, "runs": [30.0, 90.0, 31.0],
        "gpu_bytes": {"20": 5, "200": 5}, "kernels": None,
    }  # fmt: skip
    result = inference.summarise({"model": "isnet", "device": "webgpu"}, report)
    assert (result["create_ms"], result["first_ms"], result["steady_ms"]) == (1235, 800.1, 31.0)
    assert (result["rounds"], result["fastest_ms"]) == (3, 30.0)
    assert (result["bench"], result["device"], result["precision"]) == ("inference", "webgpu", "float16")


def test_what_failed_is_a_result_too_and_a_row_of_the_table() -> None:
    failed = inference.summarise(
        {"model": "isnet", "device": "webgpu", "precision": "float16"}, {"error": "Error: lost\nmore"}
    )
    table = inference_table([failed, alone("isnet", "wasm", 1, 100)])
    assert "Error: lost |" in table
    assert "more" not in table
    assert "Error: lost |" in job_table([main_job.summarise({"model": "u2netp", "device": "wasm"}, failed)])
    assert "Error: x" in job_table([peer.summarise({"device": "gpu"}, {"error": "Error: x"}, about())])


def test_the_peers_inference_is_told_apart_from_its_whole_job() -> None:
    runs = [{"total": t, "inference": i, "bytes_out": 7} for t, i in ((3000, 900), (430, 70), (420, 60))]
    report = {"photo": "a.jpg", "width": 1, "height": 1, "cold_ms": 1, "create_ms": 2, "runs": runs}
    result = peer.summarise({"device": "gpu"}, report, about())
    assert result["device"] == "webgpu"
    assert (result["first_ms"], result["first_inference_ms"]) == (3000, 900)
    assert result["steady_ms"] == {"inference": 65, "total": 425}


# ---- tables and ratios -----------------------------------------------------------------------------


def test_ratios_are_those_of_the_same_network_in_the_same_run() -> None:
    results = [
        alone("isnet", "webgpu", 0, 30), alone("isnet", "wasm", 16, 1800), alone("isnet", "wasm", 1, 16_500),
        alone("u2netp", "webgpu", 0, 10), alone("u2netp", "wasm", 1, 500), peers("webgpu", 0, 69, 425),
    ]  # fmt: skip
    isnet, many, _, small, _, other = rows(inference_table(results))
    assert (isnet["vs wasm, 1 thread"], isnet["vs wasm, 16 threads"], isnet["vs peer"]) == (
        "550",
        "60",
        "2.3",
    )
    assert (many["vs wasm, 1 thread"], many["vs peer"]) == ("9.17", ""), "the peer did not run on wasm"
    assert (small["vs wasm, 1 thread"], small["vs wasm, 16 threads"], small["vs peer"]) == ("50", "", "")
    assert (other["first"], other["steady"]) == ("700", "69.0")
    assert "background-removal" in other["model"]


def test_gpu_memory_is_shown_after_fewer_and_after_more_runs() -> None:
    (row,) = rows(inference_table([alone("isnet", "webgpu", 0, 30, gpu_bytes={"20": 5e8, "200": 5.1e8})]))
    assert (row["GPU MB after 20 runs"], row["after 200"]) == ("500.0", "510.0")


@pytest.mark.parametrize(
    ("held", "grown"),
    [
        (None, False),
        ({"20": 5, "200": 5}, False),
        ({"20": 5, "200": 4}, False),
        ({"200": 6, "20": 5}, True),
    ],
)
def test_grown_gpu_memory_is_noticed(held: dict[str, int] | None, grown: bool) -> None:
    assert has_grown({"gpu_bytes": held}) is grown


def test_jobs_are_held_against_the_peers_of_the_same_photo_device_and_threads() -> None:
    results = [
        job("isnet", "webgpu", 0, 500), job("isnet", "webgpu", 0, 100, photo="b.jpg"),
        job("isnet", "wasm", 1, 900), job("u2netp", "webgpu", 0, 50),
        peers("webgpu", 0, 65, 1350), peers("wasm", 16, 1700, 4600),
    ]  # fmt: skip
    assert [row["vs peer"] for row in rows(job_table(results))] == ["2.7", "", "", "", "1", "1"]
    assert "vs peer" not in job_table(results[:4])


def test_kernels_are_told_for_one_run() -> None:
    kernels = [{"name": "Conv2dMM", "count": 119.0, "ms": 23.7}, {"name": "Pool", "count": 11, "ms": 0.5}]
    result = alone("isnet", "webgpu", 0, 30, kernels=kernels)
    conv, pool, total = rows(kernel_table(result))
    assert (conv["a run"], conv["ms"], conv["part"]) == ("119", "23.70", "97.9%")
    assert (pool["a run"], total["ms"]) == ("11", "24.20")
    assert "no times" in kernel_table({**result, "kernels": []})


def pixel_report(*runs: dict[str, float]) -> dict[str, Any]:
    sizes = {"width": 4000, "height": 3000, "bytes_out": 5_300_000}
    return {
        "photo": "a.jpg", "format": "PNG", "device": GPU, "runs": [{"ms": run, **sizes} for run in runs],
        "heap_bytes": {"before": 38e6, "after": 118e6},
    }  # fmt: skip


def stage_times(encode: float, inference: float) -> dict[str, float]:
    times = {"decode": 100.0, "inference": inference, "compose": 30.0, "encode": encode}
    return {**times, "total": sum(times.values())}


def test_stages_are_summed_up_without_the_network_and_without_the_first_photo() -> None:
    report = pixel_report(
        stage_times(900, 9000), stage_times(200, 600), stage_times(210, 500), stage_times(220, 400)
    )
    result = pixels.summarise(report)
    assert (result["rounds"], result["steady_ms"]["encode"]) == (3, 210)
    assert (result["steady_ms"]["pixels"], result["steady_ms"]["made"]) == (340, 240)
    row, *aims = rows(pixel_table([result]))
    assert (row["photo"], row["compose + encode"], row["all but inference"]) == ("12.0 MP", "240", "340")
    assert (row["file MB"], row["heap MB before"], row["at most"]) == ("5.3", "38", "118")
    assert (aims[0]["photo"], aims[0]["compose + encode"], aims[0]["at most"]) == (
        "aim at 12 MP",
        "300",
        "300",
    )
    assert "Error: x" in pixel_table([pixels.summarise({"error": "Error: x"})])


def test_photos_are_made_of_the_size_that_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(harness, "ROOT", tmp_path)
    for folder in ("dist", "samples"):
        (tmp_path / folder).mkdir()
    Image.new("RGB", (60, 40)).save(tmp_path / "samples" / "coffee.png")
    for megapixels, size in ((0.03, (200, 150)), (1.2, (1265, 949))):
        with Image.open(harness.scaled(tmp_path, megapixels)) as image:
            assert (image.size, image.format) == (size, "JPEG")


def test_the_readme_has_both_kinds_of_tables_and_what_was_left_out() -> None:
    text = f"before\n{readme.BEGIN}obsolete{readme.END}after"
    facts = {"title": "a host", "date": "2026-01-01"}
    made = readme.rendered(
        text,
        [
            {**facts, "results": [job("isnet", "webgpu", 0, 500)]},
            {**facts, "left_out": ["isnet webgpu-f16: why"], "results": [alone("isnet", "wasm", 1, 16_500)]},
        ],
    )
    assert made.index("The network alone") < made.index("The whole job")
    assert "Not measured: isnet webgpu-f16: why." in made
    assert "16500.0" in made
    assert made.endswith(f"|\n{readme.END}after")


def test_other_benches_results_are_none_of_the_readmes() -> None:
    text = f"{readme.BEGIN}{readme.END}"
    assert readme.rendered(text, [{"title": "a host", "results": [{"variant": "cache"}]}]) == text


# ---- what is measured ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "facts", "reason"),
    [
        ("webgpu-f16", about(), ""),
        ("webgpu-f32", about(half=False), ""),
        ("webgpu-f16", about(half=False), "shader-f16"),
        ("webgpu-f32", about(software=True), "no GPU"),
        ("webgpu-f32", {"adapter": None}, "no GPU"),
        ("wasm-1", {"adapter": None}, ""),
    ],
)
def test_what_is_not_measured_has_a_reason(name: str, facts: dict[str, Any], reason: str) -> None:
    said = why_not(name, facts)
    assert reason in said
    assert bool(said) is bool(reason)


def test_a_software_adapter_is_not_worth_measuring() -> None:
    assert providers(about()) == ["webgpu", "wasm"]
    assert providers(about(software=True)) == ["wasm"]
    assert providers({"adapter": None}) == ["wasm"]


# ---- the peer's folder -----------------------------------------------------------------------------


def test_chunks_join_to_the_file_and_folders_stay_small(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "CHUNK", 4)
    monkeypatch.setattr(build, "FOLDER", 12)
    files = {"/onnxruntime-web/a.mjs": b"0123456789", "/models/isnet_fp16": bytes(range(30))}
    resources = build.lay_out(files, tmp_path)
    for key, data in files.items():
        chunks = resources[key]["chunks"]
        assert b"".join((tmp_path / chunk["name"]).read_bytes() for chunk in chunks) == data
        assert [end - start for start, end in (chunk["offsets"] for chunk in chunks)] == [
            len((tmp_path / chunk["name"]).read_bytes()) for chunk in chunks
        ]
        assert resources[key]["size"] == len(data)
    sizes = [sum(file.stat().st_size for file in folder.iterdir()) for folder in tmp_path.iterdir()]
    assert max(sizes) <= 12
    assert resources["/onnxruntime-web/a.mjs"]["mime"] == "text/javascript"


def test_the_peers_network_pools_without_ceil() -> None:
    node = helper.make_node("MaxPool", ["x"], ["y"], kernel_shape=[2, 2], strides=[2, 2], ceil_mode=1)
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 1, 4, 4]) for name in "xy"]
    model = helper.make_model(helper.make_graph([node], "pool", ends[:1], ends[1:]))
    changed = onnx.load_from_string(build.without_ceil(model.SerializeToString()))
    (after,) = changed.graph.node
    kept = {"kernel_shape": [2, 2], "strides": [2, 2]}
    assert {a.name: helper.get_attribute_value(a) for a in after.attribute} == {**kept, "ceil_mode": 0}
