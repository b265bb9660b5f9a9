"""The page's one worker, in Node.js: what it said before it went is heard."""

from __future__ import annotations

from tests.unit.test_live_js import in_node

SLOT = """
  const { WorkerSlot } = await load("client/worker-slot.js");
  const heard = [], grants = [], soon = () => new Promise((resolve) => { setTimeout(resolve, 5); });
  const locks = { request: async (name, granted) => { grants.push(granted); } };
  Object.defineProperty(globalThis, "navigator", { value: { locks } });
  const workers = [];
  const start = () => {
    workers.push({ postMessage() {}, terminate() {} });
    return workers.at(-1);
  };
  const onCrash = (details) => heard.push(details);
  const slot = new WorkerSlot(start, { onReply: ({ type }) => heard.push(type), onCrash });
  const hire = () => {
    slot.post({});
    workers.at(-1).onmessage({ data: { type: "alive", lock: "a lock" } });
  };
  hire();
"""


def test_a_result_that_comes_behind_the_lock_is_heard_before_the_end() -> None:
    script = """
      setTimeout(() => workers[0].onmessage?.({ data: { type: "result" } }));
      grants[0]();
      await soon();
      return heard;
    """
    assert in_node(SLOT + script) == ["result", "It ended without a word."]


def test_a_worker_that_was_replaced_meanwhile_is_not_missed() -> None:
    script = """
      grants[0]();
      slot.dismiss();
      hire();
      await soon();
      return heard;
    """
    assert in_node(SLOT + script) == []
