"""The stages of a job: each is announced where it begins, and measured."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Literal

Stage = Literal["decode", "preprocess", "inference", "mask", "foreground", "compose", "encode"]
STAGES: tuple[Stage, ...] = (
    "decode", "preprocess", "inference", "mask", "foreground", "compose", "encode",
)  # fmt: skip
"""In the order they are passed; web/shared/protocol.js names the same."""

Checkpoint = Callable[[Stage], Awaitable[None]]
"""Awaited when a stage begins; raises Cancelled to end the job there."""


async def pass_by(stage: Stage) -> None:
    """Do nothing at a checkpoint."""


@dataclass
class Clock:
    """Announces each stage and measures it.

    Attributes
    ----------
    ms : dict
        Milliseconds each stage took.
    """

    checkpoint: Checkpoint
    ms: dict[Stage, float] = field(default_factory=dict)
    _running: Stage | None = None
    _since: float = 0.0

    async def enter(self, stage: Stage) -> None:
        """End the stage that runs and begin this one."""
        self.stop()
        await self.checkpoint(stage)
        self._running, self._since = stage, time.perf_counter()

    def stop(self) -> None:
        """End the stage that runs."""
        if self._running is not None:
            self.ms[self._running] = 1000 * (time.perf_counter() - self._since)
            self._running = None
