"""All ways to hurt a page: its network, what its browser keeps, its tab, its worker with memory and GPU.

The network is hurt by the server (`tools.respond.Fault`), the worker by lines that the server puts before its
code, the rest through the browser's own tools for developers, so that real things really break.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import CDPSession, Page

from tests.browser.driver import Driver
from tools.bundle import served
from tools.serve import Fault, serving

Act = tuple[str, str]
"""A stage, and what happens when it begins: one of `hurt` below."""

STAGES = ("decode", "preprocess", "inference", "mask", "foreground", "compose", "encode")
LOADING = ("runtime", "model", "session")

# A request meets one act at most, the next request the next one.
_HOOK = """{
  const acts = ACTS, met = new Set(), devices = [];
  const post = self.postMessage.bind(self), { Memory } = WebAssembly, { grow } = Memory.prototype;
  const unreachable = [0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 7, 5, 1, 1, 102, 0, 0,
    10, 5, 1, 3, 0, 0, 11];
  let starving = false, doomed = false, unplugged = false;
  const hurt = {
    "spare": () => {},
    "end": () => self.close(),
    "throw": () => { setTimeout(() => { throw new Error("The worker died."); }); },
    "trap": () => {
      const { exports } = new WebAssembly.Instance(new WebAssembly.Module(Uint8Array.from(unreachable)));
      setTimeout(() => exports.f());
    },
    "starve": () => { starving = true; },
    "lose": () => { devices.at(-1)?.destroy(); },
    "lose next": () => { doomed = true; },
    "unplug": () => { unplugged = true; devices.at(-1)?.destroy(); },
  };
  self.postMessage = (message, ...more) => {
    post(message, ...more);
    const [stage, act] = acts[0] ?? [];
    if (message.type !== "progress" || message.stage !== stage || met.has(message.id)) return;
    met.add(message.id);
    acts.shift();
    hurt[act]();
  };
  WebAssembly.Memory = class extends Memory {
    constructor(descriptor) {
      if (starving) throw new RangeError("WebAssembly.Memory(): could not allocate memory");
      super(descriptor);
    }
  };
  Memory.prototype.grow = function (pages) {
    if (starving) throw new RangeError("WebAssembly.Memory.grow(): Maximum memory size exceeded");
    return grow.call(this, pages);
  };
  if (self.GPU) {
    const { requestDevice } = GPUAdapter.prototype, { requestAdapter } = GPU.prototype;
    GPU.prototype.requestAdapter = async function (...wish) {
      return unplugged ? null : requestAdapter.apply(this, wish);
    };
    GPUAdapter.prototype.requestDevice = async function (...wish) {
      const device = await requestDevice.apply(this, wish);
      devices.push(device);
      if (doomed) device.destroy();
      doomed = false;
      return device;
    };
  }
}
"""


@dataclass
class Trouble:
    """A site that is served, and what goes wrong with it; tests change that while it is served."""

    site: Path
    url: str = ""
    faults: dict[str, Fault] = field(default_factory=dict)
    """By paths, whole ones; "" is the front page."""
    everything: Fault | None = None
    """What goes wrong with every other answer."""
    lives: list[list[Act]] = field(default_factory=list)
    """What befalls the workers that are yet to start, each; those after them live."""
    prelude: str = ""
    """Put before the code of every worker."""
    asked: list[str] = field(default_factory=list)
    """The paths that were asked for."""

    def wait_for(self, path: str, page: Page, *, seconds: float = 60) -> None:
        """Wait until a path is asked for; the page goes on meanwhile."""
        deadline = time.monotonic() + seconds
        while path not in self.asked:
            assert time.monotonic() < deadline, f"{path} was not asked for in {seconds} s"
            page.wait_for_timeout(20)

    def fault_of(self, path: str) -> Fault | None:
        """Say what is to go wrong with an answer, and remember that it was asked for."""
        self.asked.append(path)
        hooked = path == self.worker and (self.lives or self.prelude)
        return self._worker() if hooked else self.faults.get(path, self.everything)

    @property
    def worker(self) -> str:
        """The path of the worker's script."""
        return served(self.site, "worker/worker.js")

    def _worker(self) -> Fault:
        acts = self.lives.pop(0) if self.lives else []
        hook = _HOOK.replace("ACTS", json.dumps(acts))
        return Fault(body=(hook + self.prelude).encode() + (self.site / self.worker).read_bytes())


@contextmanager
def troubled(site: Path, *lives: Sequence[Act], prelude: str = "") -> Iterator[Trouble]:
    """Serve a site that can be hurt; `lives` are the acts of its first workers."""
    trouble = Trouble(site, lives=[list(acts) for acts in lives], prelude=prelude)
    with serving(site, faults=trouble.fault_of) as url:
        trouble.url = url
        yield trouble


def network_faults(content: bytes) -> dict[str, Fault]:
    """Name the ways in which the answer for a file of this content can go wrong at once, but for cuts."""
    wrong = bytes(byte ^ 1 for byte in content[:64]) + content[64:]
    return {
        "404": Fault(status=404),
        "500": Fault(status=500),
        "reset": Fault(reset=True, cut_after=len(content) // 2),
        "other bytes": Fault(body=wrong),
        "other type": Fault(body=content, content_type="application/x-unknown"),
    }


@dataclass(frozen=True)
class Tools:
    """The browser's tools for developers, on one page."""

    page: Page
    session: CDPSession

    @classmethod
    def of(cls, page: Page) -> Tools:
        """Open them."""
        return cls(page, page.context.new_cdp_session(page))

    @property
    def origin(self) -> str:
        """The page's origin."""
        return str(self.page.evaluate("origin"))

    def allow(self, quota: int, origin: str) -> None:
        """Let the browser keep so many bytes for an origin."""
        self.session.send("Storage.overrideQuotaForOrigin", {"origin": origin, "quotaSize": quota})

    def wipe(self, kinds: str) -> None:
        """Delete what is kept, under the page: "file_systems", "cache_storage", "all"."""
        self.session.send("Storage.clearDataForOrigin", {"origin": self.origin, "storageTypes": kinds})

    def freeze(self) -> None:
        """Freeze the tab, as browsers do with tabs in the background."""
        self.session.send("Page.setWebLifecycleState", {"state": "frozen"})

    def thaw(self) -> None:
        """Let the tab go on."""
        self.session.send("Page.setWebLifecycleState", {"state": "active"})

    def kill_service_worker(self) -> None:
        """End the service worker in the middle of whatever it is doing."""
        self.session.send("ServiceWorker.enable")
        self.session.send("ServiceWorker.stopAllWorkers")


@dataclass(frozen=True)
class Seen:
    """What a person reads when something went wrong, and what is offered."""

    code: str
    message: str
    hint: str
    offers: str

    @property
    def words(self) -> str:
        """Message and code, for a table."""
        return f"{self.message} ({self.code})"


def told(page: Page) -> str:
    """What a person reads of a fault, by error or note, on a page that goes on."""
    texts = page.locator("#error-message:visible, #note:visible").all_inner_texts()
    return " / ".join(text for text in texts if text) or "nothing"


def read_error(driver: Driver, *, seconds: float = 60) -> Seen:
    """Wait for the error, and read it."""
    error = driver.fail_with(seconds=seconds)
    assert error["message"]
    assert error["hint"], f"{error['message']}: no hint"
    buttons = driver.page.locator("#error button:visible:not(#copy)").all_text_contents()
    return Seen(error["code"], error["message"], error["hint"], " or ".join(buttons) or "nothing")
