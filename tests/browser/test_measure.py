"""The worker's measuring for bench/: answered where it was started for that, on the device asked for."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.driver import Driver, prepend, with_worker

# Sends one request to a worker and returns its answer, whichever it is.
ASK = """async ({ flags, requests }) => {
  const worker = new Worker(`worker/worker.js${flags}`, { type: "module" });
  const answers = [];
  for (const [at, request] of requests.entries()) {
    answers.push(await new Promise((resolve) => {
      worker.onmessage = ({ data }) => { if (data.type !== "progress") resolve(data); };
      worker.postMessage({ id: at + 1, type: "measure", ...request });
    }));
  }
  worker.terminate();
  return answers;
}"""


def ask(driver: Driver, *requests: dict[str, Any], flags: str = "?bench") -> list[dict[str, Any]]:
    driver.page.goto(driver.url)
    answers: list[dict[str, Any]] = driver.page.evaluate(
        with_worker(ASK), {"flags": flags, "requests": list(requests)}
    )
    return answers


def measured(driver: Driver, flags: str = "?bench", **request: Any) -> dict[str, Any]:
    (answer,) = ask(driver, request, flags=flags)
    assert answer["type"] == "result", answer
    value: dict[str, Any] = answer["value"]
    return value


def test_the_first_run_is_told_apart_from_the_later_ones(driver: Driver) -> None:
    value = measured(driver, model="tiny", device="wasm", rounds=5)
    assert len(value["runs"]) == 4
    assert min(value["create_ms"], value["first_ms"], *value["runs"]) > 0
    assert value["device"]["provider"] == "wasm"
    assert value["kernels"] is None
    assert value["gpuBytes"] == 0


def test_a_session_has_one_first_run(driver: Driver) -> None:
    request = {"model": "tiny", "device": "wasm", "rounds": 3}
    earlier, later = (answer["value"] for answer in ask(driver, request, request))
    assert later["first_ms"] == earlier["first_ms"]
    assert (len(earlier["runs"]), len(later["runs"])) == (2, 3)


def test_a_device_that_took_over_is_not_measured_in_silence(driver: Driver) -> None:
    """The site goes on with the CPU where a GPU fails; a benchmark that did would tell of another device."""
    prepend(
        driver.page,
        "**/worker/ort.js",
        "GPUAdapter.prototype.requestDevice = () => Promise.reject(Error('no'));",
    )
    (answer,) = ask(driver, {"model": "tiny", "device": "webgpu", "rounds": 2})
    assert answer["type"] == "error"
    assert answer["error"]["code"] == "session-failed"
    assert "not on webgpu" in answer["error"]["message"]


@pytest.mark.parametrize("threads", [1, 3])
def test_threads_are_those_that_were_asked_for(driver: Driver, threads: int) -> None:
    driver.page.goto(driver.url)
    assert driver.page.evaluate("crossOriginIsolated"), "threads need isolation"
    assert (
        measured(driver, model="tiny", device="wasm", threads=threads, rounds=2)["device"]["threads"]
        == threads
    )


def test_webgpu_holds_the_same_memory_after_more_runs(driver: Driver) -> None:
    request = {"model": "half", "device": "webgpu", "rounds": 3}
    earlier, later = ask(driver, request, request, flags="?bench&stats")
    assert earlier["value"]["device"]["provider"] == "webgpu"
    assert 0 < later["value"]["gpuBytes"] == earlier["value"]["gpuBytes"]
    assert later["value"]["create_ms"] == earlier["value"]["create_ms"], "the session was made anew"


def test_a_profile_names_the_kernels_of_each_provider(driver: Driver) -> None:
    wasm = measured(driver, model="half", device="wasm", rounds=2, profile=True)
    convolutions = [kernel for kernel in wasm["kernels"] if "Conv" in kernel["name"]]
    assert sum(kernel["count"] for kernel in convolutions) == 2, "two convolutions in a run"
    gpu = measured(driver, model="half", device="webgpu", rounds=2, profile=True)
    assert any("Conv" in kernel["name"] and kernel["ms"] > 0 for kernel in gpu["kernels"])
    assert [kernel["ms"] for kernel in gpu["kernels"]] == sorted(
        (kernel["ms"] for kernel in gpu["kernels"]), reverse=True
    )


def test_a_precision_that_the_adapter_lacks_is_refused_not_replaced(driver: Driver) -> None:
    (answer,) = ask(driver, {"model": "half", "device": "webgpu", "precision": "float16", "rounds": 2})
    assert answer["type"] == "error"
    assert answer["error"]["code"] == "webgpu-unavailable"
    assert "16 bits" in answer["error"]["message"]


def test_a_worker_that_was_not_started_for_it_refuses(driver: Driver) -> None:
    (answer,) = ask(driver, {"model": "tiny", "device": "wasm", "rounds": 2}, flags="")
    assert answer["type"] == "error"
    assert "?bench" in answer["error"]["message"]
    assert not [url for url in driver.requests if "measure.js" in url]
