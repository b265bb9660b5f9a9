"""The worker's sessions, in Node.js with a stand-in for ONNX Runtime and for the GPU."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.test_live_js import in_node

RUNTIME = """
  const Tensor = class {};
  const InferenceSession = { create: () => globalThis.creating() };
  export { InferenceSession, Tensor };
  export const env = { wasm: {} };
"""
LOST = """
  const lost = Promise.resolve({ message: "pulled out" }), seen = [];
  const device = { lost, addEventListener() {}, destroy: () => seen.push("destroyed") };
  const adapter = { features: new Set(), limits: {}, requestDevice: async () => device };
  const gpu = { requestAdapter: async () => adapter };
  Object.defineProperty(globalThis, "navigator", { value: { gpu, hardwareConcurrency: 1 } });
  const { createSession } = await load("worker/ort.js");
  const files = { graph: null, weights: null };
  const create = () => createSession({ ort: { index } }, { provider: "webgpu" }, files);
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
"""


@pytest.fixture
def index(tmp_path: Path) -> str:
    """Begins a script: where ONNX Runtime's stand-in lies."""
    (tmp_path / "package.json").write_text('{"type": "module"}')
    for build in ("jspi", "webgpu"):
        (tmp_path / f"ort.{build}.min.js").write_text(RUNTIME)
    return f"const index = {tmp_path.as_uri() + '/'!r};"


def test_a_session_whose_gpu_was_lost_is_released_and_leaves_no_timer(index: str) -> None:
    script = """
      const release = async () => { seen.push("released"); };
      globalThis.creating = () => new Promise((resolve) => { setTimeout(resolve, 20, { release }); });
      const message = await create().catch(({ message }) => message);
      return [message, seen, timers()];
    """
    answer: Any = in_node(index + LOST + script)
    assert answer == ["the GPU device was lost: pulled out", ["destroyed", "released"], 0]


def test_a_session_that_never_ends_keeps_the_next_from_beginning_for_a_while_only(index: str) -> None:
    script = """
      globalThis.creating = () => new Promise(() => {});
      const later = setTimeout;
      globalThis.setTimeout = (told, ms, ...rest) => later(told, ms / 100, ...rest);
      const began = performance.now(), message = await create().catch(({ message }) => message);
      return [message, performance.now() - began];
    """
    message, waited = in_node(index + LOST + script)
    assert message == "the GPU device was lost: pulled out"
    assert 40 < waited < 5000
