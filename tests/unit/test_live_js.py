"""What the live camera leaves behind of its thousands of calls, in Node.js: nothing."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from alphacut.store.node import node_command
from tests.helpers import ROOT

WEB = ROOT / "web"


def in_node(script: str) -> Any:
    """Run a script that returns something, in which `load` imports a module of web/."""
    head = f"""
      const load = (name) => import({WEB.as_uri()!r} + "/" + name);
      console.log(JSON.stringify(await (async () => {{ {script} }})()));
    """
    done = subprocess.run(
        [*node_command(), "--expose-gc", "--input-type=module", "-e", head],
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    return json.loads(done.stdout)


def test_calls_leave_nothing_on_a_signal_that_outlives_them() -> None:
    script = """
      const { getEventListeners } = await import("node:events");
      const start = () => new class {
        postMessage({ id }) { setTimeout(() => this.onmessage({ data: { id, type: "result", value: id } })); }
      };
      const { WorkerClient } = await load("client/worker-client.js");
      const client = new WorkerClient(start), { signal } = new AbortController(), answers = [], during = [];
      for (let at = 0; at < 3; at++) {
        const call = client.ask({ type: "mask" }, { signal });
        await null, await null, await null;
        during.push(getEventListeners(signal, "abort").length);
        answers.push(await call);
      }
      return [answers, during, getEventListeners(signal, "abort").length];
    """
    answers, during, after = in_node(script)
    assert (answers, after) == ([1, 2, 3], 0)
    assert during == [1, 1, 1], "a call that is under way hears of its end"


CRASH = """
  const heard = {};
  globalThis.addEventListener = (type, listener) => { heard[type] = listener; };
  const { orCrash } = await load("worker/crash.js");
"""


def test_answers_are_not_held_by_the_wait_for_a_crash() -> None:
    script = """
      let answer = { mask: new Uint8Array(1000) };
      const held = new WeakRef(await orCrash(Promise.resolve(answer)));
      answer = null;
      for (let turn = 0; turn < 5; turn++) {
        await new Promise((resolve) => { setTimeout(resolve); });
        gc();
      }
      return [held.deref() === undefined, await orCrash(Promise.resolve("well"))];
    """
    assert in_node(CRASH + script) == [True, "well"]


def test_a_crash_ends_what_is_under_way_and_what_comes_after() -> None:
    script = """
      const never = new Promise(() => {}), under = orCrash(never, never);
      heard.error({ error: new RangeError("out of memory") });
      const codes = [];
      for (const call of [under, orCrash(never)]) await call.catch(({ code }) => codes.push(code));
      return codes;
    """
    assert in_node(CRASH + script) == ["out-of-memory", "out-of-memory"]


@pytest.mark.parametrize(
    ("said", "starved"),
    [
        ("WebAssembly.Memory(): could not allocate memory", True),  # Chromium
        ("WebAssembly.Memory.grow(): Maximum memory size exceeded", True),
        ("failed to grow memory", True),  # Firefox
        ("Out of memory", True),  # WebKit
        ("Array buffer allocation failed", True),
        ("std::bad_alloc", True),  # ONNX Runtime
        ("Can't create a session. failed to allocate a buffer of size 4574861.", True),
        ("Aborted(OOM). Build with -sASSERTIONS for more info.", True),
        ("memory access out of bounds", False),
        ("GetAllocator: could not find allocator for device", False),
        ("Non-zero status code while running Reshape node. Name:'/allocate/Reshape'", False),
        ("no available backend found. ERR: [webgpu] Error: no GPU adapter", False),
    ],
)
def test_memory_that_ran_out_is_known_by_what_is_said(said: str, starved: bool) -> None:
    script = f"return (await load('worker/memory.js')).isStarved(new Error({json.dumps(said)}));"
    assert in_node(script) is starved


def test_closing_one_picture_leaves_the_next() -> None:
    script = """
      let asked = 0;
      const stream = () => ({ name: ++asked, getTracks: () => [] });
      const mediaDevices = { getUserMedia: async () => stream() };
      Object.defineProperty(globalThis, "navigator", { value: { mediaDevices } });
      const { openCamera } = await load("page/camera/webcam.js"), video = { srcObject: null, play() {} };
      const [first, second] = [await openCamera(video), await openCamera(video)];
      first();
      const shown = video.srcObject?.name;
      second();
      return [shown, video.srcObject];
    """
    assert in_node(script) == [2, None]
