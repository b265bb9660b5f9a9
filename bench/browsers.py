"""What programs that drive the page by Playwright share: what its worker and its browser's processes hold."""

from __future__ import annotations

from pathlib import Path
from typing import Any

COUNTING_WORKER = """
globalThis.Worker = class extends Worker {
  constructor(address, options) {
    const url = new URL(address);
    const counts = /\\/worker\\/worker(-[A-Z0-9]{8})?\\.js$/.test(url.pathname);
    if (counts) url.searchParams.set("stats", "");
    super(url, options);
    if (!counts) return;
    globalThis.workerStats = () => new Promise((resolve) => {
      this.answerStats = resolve;
      this.postMessage({ id: -1, type: "stats" });
    });
    // Before the page's own listeners, which know nothing of this request.
    this.addEventListener("message", (event) => {
      if (event.data.id !== -1) return;
      event.stopImmediatePropagation();
      this.answerStats(event.data.value);
    });
  }
};
"""
"""Script for a page before its own: its worker counts memory, and `workerStats()` asks it."""


def worker_stats(page: Any) -> dict[str, float]:
    """Ask the worker of a page with `COUNTING_WORKER` for the bytes it holds."""
    stats: dict[str, float] = page.evaluate("workerStats()")
    return stats


def processes_of(profile: str) -> list[int]:
    """Find the browser that runs with a profile's folder, and all processes below it. Linux only."""
    parents, roots = {}, []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            # "pid (name) state parent ...", where the name may hold anything.
            parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            if f"--user-data-dir={profile}".encode() in (folder / "cmdline").read_bytes().split(b"\0"):
                roots.append(int(folder.name))
        except OSError:
            continue  # it has ended
    found = set(roots)
    while more := {process for process, parent in parents.items() if parent in found} - found:
        found |= more
    return sorted(found)


def proportional(process: int) -> int:
    """Proportional set size of a process in bytes; 0 if it has ended."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((1024 * int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
