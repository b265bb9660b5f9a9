"""Waking the GPU (web/worker/network.js), run in Node.js with a session that tells what it is doing."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from alphacut.store.node import node_command
from tests.helpers import ROOT

MODULE = ROOT / "web" / "worker" / "network.js"
RUN_IN_NODE = """
const { Network } = await import(process.argv[1]);
const { runs, provider, software, photoAfter, abortAfter, fails } = JSON.parse(process.argv[2]);
const log = [];
let running = 0;
const work = async (name) => {
  log.push(running ? `${name} beside another` : name);
  running += 1;
  await new Promise((resolve) => { setTimeout(resolve, 20); });
  running -= 1;
};
const session = {
  report: { provider, software },
  wake: async () => { await work("wake"); if (fails) throw new Error("lost"); },
  run: async () => {
    await work("photo");
    return { levels: Uint8Array.of(0, 255), shape: [1, 1, 1, 2], release() {} };
  },
};
const network = new Network({}, { session, ms: {} }), controller = new AbortController();
const waking = network.wake(runs, controller.signal);
const after = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });
if (abortAfter !== null) after(abortAfter).then(() => controller.abort());
if (photoAfter !== null) {
  await after(photoAfter);
  let reply = await network.run(new Uint8Array(1));
  while (reply.again) {
    log.push("again");
    await after(0); // Python is not that quick
    reply = await network.run(new Uint8Array(1));
  }
  reply.release();
}
await waking;
console.log(JSON.stringify(log));
"""


def what_happens(**facts: Any) -> list[str]:
    """Let the network be woken, and perhaps a photo come so many milliseconds later."""
    normal = {"runs": 3, "provider": "webgpu", "software": False, "photoAfter": None, "abortAfter": None}
    command = [*node_command(), "--input-type=module", "-e", RUN_IN_NODE, MODULE.as_uri()]
    described = json.dumps({**normal, "fails": False, **facts})
    done = subprocess.run([*command, described], capture_output=True, text=True, check=True, timeout=60)
    return list(json.loads(done.stdout))


def test_the_gpu_runs_one_after_the_other_as_often_as_asked() -> None:
    assert what_happens() == ["wake"] * 3
    assert what_happens(runs=0) == []


def test_a_photo_waits_for_one_run_at_most() -> None:
    assert what_happens(photoAfter=5) == ["wake", "again", "photo"]


def test_a_photo_that_is_there_first_is_not_delayed() -> None:
    assert what_happens(runs=0, photoAfter=0) == ["photo"]


@pytest.mark.parametrize("facts", [{"provider": "wasm"}, {"software": True}], ids=["CPU", "software"])
def test_only_a_gpu_is_woken(facts: dict[str, Any]) -> None:
    assert what_happens(**facts) == []


def test_a_cancelled_photo_wakes_nothing_any_more() -> None:
    assert what_happens(runs=20, abortAfter=5) == ["wake"]


def test_a_gpu_that_fails_while_it_is_woken_is_left_to_the_photo() -> None:
    assert what_happens(fails=True, photoAfter=5) == ["wake", "again", "photo"]
