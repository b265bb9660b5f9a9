"""Measures the main job in the built site, through its own worker, in a real browser.

    python -m bench.main_job --machine NAME [--title WORDS] [--models u2netp,isnet] [--devices wasm,webgpu]
                             [--rounds 10] [--photo PHOTO ...] [--peer] [--browser "COMMAND"]
                             [--site dist/site] [--wake RUNS]

Prints a table of medians and writes bench/results/main-job-<machine>.json.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Mapping, Sequence

from bench import peer
from bench.harness import Result, bench, parse, parser, providers, scaled, write_results
from bench.tables import STAGES, job_table


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure as the command line says."""
    made = parser("main_job", "Measure the main job.")
    made.add_argument("--devices", default="", help="comma-separated; without it those worth measuring")
    made.add_argument("--rounds", type=int, default=10, help="jobs with each photo after the first")
    made.add_argument("--wake", type=int, default=0, help="runs that wake the GPU while a photo is decoded")
    options = parse(made, arguments)
    options.photo = options.photo or [scaled(options.site, megapixels) for megapixels in (1.2, 12)]
    photos = [photo.name for photo in options.photo]
    results: list[Result] = []
    with bench(options) as running:
        about = running.about()
        devices = options.devices.split(",") if options.devices else providers(about)
        for model in options.models:
            for device in devices:
                job = {"model": model, "device": device, "photos": photos, "rounds": options.rounds}
                job["flags"] = f"?bench&wake={options.wake}" if options.wake else ""
                for report in running.run({"script": "main-job.js", **job}):
                    results.append(summarise(job, report))
                    print(job_table(results[-1:]).splitlines()[-1], flush=True)
        for job in peer.jobs(devices, photos, options.rounds) if options.peer else ():
            for report in running.run(job):
                results.append(peer.summarise(job, report, about))
                print(job_table(results[-1:]).splitlines()[-1], flush=True)
    print(job_table(results))
    write_results(f"main-job-{options.machine}", options, about, results)
    return 1 if any("error" in result for result in results) else 0


def summarise(job: Mapping[str, object], report: Result) -> Result:
    """Medians of a report's runs, the first one apart: it pays for shader compilation and cold caches."""
    if "error" in report:
        unknown = {"adapter": "", "precision": "", "threads": 0}
        return {"bench": "main-job", "model": job["model"], "device": job["device"], **unknown, **report}
    first, *later = report["runs"]
    medians = {stage: round(statistics.median(run[stage] for run in later), 1) for stage in (*STAGES, "page")}
    device = report["device"]
    return {
        "bench": "main-job", "model": job["model"],
        "device": device["provider"], "adapter": device["adapter"],
        "precision": device["precision"], "threads": device["threads"], "photo": report["photo"],
        "width": first["width"], "height": first["height"],
        "cold_ms": round(report["cold_ms"]), "warm_ms": round(report["warm_ms"]),
        "first_ms": round(first["total"]), "rounds": len(later), "steady_ms": medians,
        "bytes_out": first["bytes_out"],
    }  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
