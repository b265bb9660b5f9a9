"""Counts workers that never came, of those that a worker started in Firefox, by what watches the browser.

    python -m bench.nested --machine NAME [--title WORDS] [--rounds 60] [--busy 4]

A page starts a worker, which starts four more, in a Firefox that nobody drives, one with a session of
Marionette and one with a session of WebDriver BiDi, while so many processes keep the machine busy. `new
Worker` in a worker waits in Firefox until the page's process has told those who listen for workers, if
there are any, and it may miss the signal that they were told: it waits on the condition on which the new
worker waits for its work, and one of both is woken. Writes bench/results/nested-<machine>.json, which
bench.reliability lays out.
"""

from __future__ import annotations

import json
import multiprocessing
import shlex
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from pathlib import Path
from typing import Any, TypeVar

from bench.harness import Result, bench, parse, parser, write_results
from bench.tables import markdown
from tools import browsers
from tools.marionette import Marionette, port_of

EACH = 4
"""Workers a round; ONNX Runtime and the strips of a PNG take as many on two cores."""
_PATIENCE_S = 60.0
_EVENT = "log.entryAdded"  # any that concerns pages, so that the session watches their processes
_T = TypeVar("_T")


def nested_table(results: Sequence[Result]) -> str:
    """Lay out what came in each browser."""
    head = ["Firefox", "rounds", "workers asked for", "rounds that stood still", "workers that never came"]
    rows = []
    for name in dict.fromkeys(one["watched"] for one in results):
        rounds = [one for one in results if one["watched"] == name]
        still = [one["asked"] - one["came"] for one in rounds if one["came"] < one["asked"]]
        asked = sum(one["asked"] for one in rounds)
        rows.append([name, str(len(rounds)), str(asked), str(len(still)), str(sum(still))])
    return markdown(head, rows)


def _marionette(profile: Path) -> closing[Marionette]:
    driver = Marionette(_poll(lambda: port_of(profile)), _PATIENCE_S)
    driver.ask("WebDriver:NewSession")
    return closing(driver)


def _bidi(profile: Path) -> Any:
    from websockets.sync.client import connect

    told = json.loads(_poll(lambda: _text(profile / "WebDriverBiDiServer.json")))
    socket = connect(f"ws://{told['ws_host']}:{told['ws_port']}/session", max_size=None)
    commands = {"session.new": {"capabilities": {}}, "session.subscribe": {"events": [_EVENT]}}
    for number, (method, params) in enumerate(commands.items()):
        socket.send(json.dumps({"id": number, "method": method, "params": params}))
        answer = json.loads(socket.recv(_PATIENCE_S))
        if (answer["type"], answer["id"]) != ("success", number):
            raise RuntimeError(f"{method}: {answer}")
    return socket


Watcher = Callable[[Path], AbstractContextManager[Any]]
WATCHERS: Mapping[str, tuple[tuple[str, ...], Watcher]] = {
    "nobody drives it": ((), nullcontext),
    "driven by Marionette": (("--marionette",), _marionette),
    "driven by WebDriver BiDi": (("--remote-debugging-port=0",), _bidi),
}
"""How Firefox is started, and what is done once it runs, by the name of it."""


def _poll(get: Callable[[], _T | None]) -> _T:
    end = time.monotonic() + _PATIENCE_S
    while (found := get()) is None:
        if time.monotonic() > end:
            raise TimeoutError("Firefox does not tell where it listens")
        time.sleep(0.1)
    return found


def _text(path: Path) -> str | None:
    return path.read_text("utf-8") if path.is_file() else None


@contextmanager
def busy(processes: int) -> Iterator[None]:
    """Keep so many processes computing meanwhile."""
    started = [multiprocessing.Process(target=_compute, daemon=True) for _ in range(processes)]
    for process in started:
        process.start()
    try:
        yield
    finally:
        for process in started:
            process.terminate()


def _compute() -> None:
    number = 1
    while True:
        number = number * 3 % 1_000_003


def count(options: Any, watched: str) -> Iterator[Result]:
    """Start workers in a Firefox that is watched so, from its second round on."""
    flags, watch = WATCHERS[watched]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        profile = Path(folder)
        (profile / "user.js").write_text('user_pref("marionette.port", 0);\n', "utf-8")
        firefox = [str(browsers.find("firefox")), "--headless", "--no-remote", *flags]
        options.browser = shlex.join([*firefox, "--profile", folder])
        with bench(options) as one:
            rounds = one.run({"script": "nested.js", "rounds": options.rounds + 1, "each": EACH})
            next(rounds)
            with watch(profile):
                for result in rounds:
                    yield {"watched": watched, **result}


def main(arguments: Sequence[str] | None = None) -> int:
    """Count as the command line says."""
    made = parser("nested", "Count workers that never came.")
    made.add_argument("--rounds", type=int, default=60)
    made.add_argument("--busy", type=int, default=4, help="processes that compute meanwhile")
    options = parse(made, arguments)
    with busy(options.busy):
        results = [result for watched in WATCHERS for result in count(options, watched)]
    print(nested_table(results))
    write_results(f"nested-{options.machine}", options, {"adapter": None}, results, busy=options.busy)
    return 0


if __name__ == "__main__":
    sys.exit(main())
