"""The processes that inputs are judged in, and what is known when one of them dies or does not end."""

from __future__ import annotations

import faulthandler
import multiprocessing
import os
import resource
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, Literal

from bench.fuzzing.inputs import CHUNK, Inputs
from bench.fuzzing.judge import WrongResultError, judge
from bench.fuzzing.seeds import read_seeds

LIMIT_S = 10.0
"""An input that takes longer counts as one that hangs."""
MEMORY = 3 << 30
"""Bytes of addresses that a process may have."""

Trouble = Literal["crash", "hang", "exception", "wrong", "memory"]
_TROUBLES: tuple[tuple[type[Exception], Trouble], ...] = (
    (WrongResultError, "wrong"),
    (MemoryError, "memory"),
)
_ANY: Trouble = "exception"
_CONTEXT = multiprocessing.get_context("spawn")


@dataclass(frozen=True)
class Finding:
    """An input that shows a bug."""

    number: int
    trouble: Trouble
    what: str


@dataclass
class Tally:
    """What became of a chunk of inputs, all of one format."""

    kind: str
    outcomes: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)
    seconds: float = 0.0
    peak: int = 0
    slowest: tuple[float, int] = (0.0, -1)


@dataclass(frozen=True)
class Job:
    """What a process needs to make the inputs."""

    seeds: Path
    start: int


def tallies(job: Job, chunks: Iterator[int], jobs: int, goes_on: Callable[[], bool]) -> Iterator[Tally]:
    """Judge chunks of inputs, by their numbers, in so many processes, until it is enough."""
    workers = [_Worker(job) for _ in range(jobs)]
    for worker in workers:
        _next(worker, chunks, goes_on)
    while busy := [worker for worker in workers if worker.chunk is not None]:
        ready = wait([worker.connection for worker in busy], timeout=0.5)
        for worker in busy:
            if worker.connection not in ready:
                worker.end_if_overdue()
            elif tally := worker.answer():
                _next(worker, chunks, goes_on)
                yield tally
    for worker in workers:
        worker.end()


def _next(worker: _Worker, chunks: Iterator[int], goes_on: Callable[[], bool]) -> None:
    chunk = next(chunks, None) if goes_on() else None
    worker.chunk = chunk
    if chunk is not None:
        worker.ask(())


class _Worker:
    """A process, and the chunk that it has; a new one takes its place where it dies."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self.chunk: int | None = None
        self._lost: list[Finding] = []
        self._start()

    def _start(self) -> None:
        self.connection, theirs = _CONTEXT.Pipe()
        self._now = _CONTEXT.RawArray("d", 2)  # input, and since when
        self._told = tempfile.NamedTemporaryFile("r", suffix=".fault")  # noqa: SIM115 - as long as the process
        arguments = (self._job, theirs, self._now, self._told.name)
        self._process = _CONTEXT.Process(target=_work, args=arguments, daemon=True)
        self._process.start()
        theirs.close()

    def ask(self, skipped: tuple[int, ...]) -> None:
        self._now[:] = (-1, time.monotonic())
        self.connection.send((self.chunk, skipped))

    def answer(self) -> Tally | None:
        """Take the tally of the chunk; where the process died instead, begin the chunk again."""
        try:
            tally: Tally = self.connection.recv()
        except (EOFError, ConnectionResetError):
            self._process.join()
            words = Path(self._told.name).read_text("utf-8", "replace")
            self._lose("crash", f"exit code {self._process.exitcode}\n{words}")
            return None
        lost, self._lost = self._lost, []
        tally.findings += lost
        tally.outcomes.update(finding.trouble for finding in lost)
        return tally

    def end_if_overdue(self) -> None:
        """End a process that has had its input for too long."""
        number, since = self._now
        if number < 0 or time.monotonic() - since < LIMIT_S:
            return
        self._process.kill()
        self._process.join()
        self._lose("hang", f"more than {LIMIT_S:g} s")

    def end(self) -> None:
        self.connection.close()
        self._process.join()

    def _lose(self, trouble: Trouble, what: str) -> None:
        """Note an input, and begin its chunk again without it in a new process."""
        number = int(self._now[0])
        if number < 0:
            raise RuntimeError(f"a process died before it had an input: {what}")
        self._lost.append(Finding(number, trouble, what))
        self._start()
        self.ask(tuple(finding.number for finding in self._lost))


def _work(job: Job, connection: Connection[Any, Any], now: Any, told: str) -> None:
    """Judge chunks until nobody asks any more."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    inputs = Inputs(read_seeds(job.seeds)[0], job.start)
    with Path(told).open("a") as log:
        faulthandler.enable(log)
        os.dup2(log.fileno(), 2)  # libraries complain of each damaged file
        while True:
            try:
                chunk, skipped = connection.recv()
            except EOFError:
                return
            log.truncate(0)
            connection.send(_tally(inputs, chunk, skipped, now))


def _tally(inputs: Inputs, chunk: int, skipped: tuple[int, ...], now: Any) -> Tally:
    tally = Tally(inputs.kind(chunk * CHUNK))
    _forget_peak()
    began = time.monotonic()
    for number in range(chunk * CHUNK, (chunk + 1) * CHUNK):
        if number in skipped:
            continue
        since = time.monotonic()
        now[:] = (number, since)
        outcome, finding = outcome_of(inputs.make(number), number)
        tally.slowest = max(tally.slowest, (time.monotonic() - since, number))
        tally.outcomes[outcome] += 1
        tally.findings += [finding] if finding else []
    now[:] = (-1, began)
    tally.seconds, tally.peak = time.monotonic() - began, _peak()
    return tally


def outcome_of(data: bytes, number: int) -> tuple[str, Finding | None]:
    """Judge an input; what it shows is a finding where that is a bug."""
    try:
        return judge(data, number), None
    except Exception as error:  # noqa: BLE001 - each is what is looked for
        trouble = next((name for kind, name in _TROUBLES if isinstance(error, kind)), _ANY)
        return trouble, Finding(number, trouble, traceback.format_exc())


def _forget_peak() -> None:
    if sys.platform == "linux":
        Path("/proc/self/clear_refs").write_text("5")


def _peak() -> int:
    """Bytes of memory at most since `_forget_peak`; elsewhere than on Linux since the process began."""
    status = Path("/proc/self/status")
    if not status.is_file():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return next(
        1024 * int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM")
    )
