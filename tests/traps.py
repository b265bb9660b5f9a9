"""What a process of bench.fuzz falls into once: the number that starts the dice, formatted for each input."""

from __future__ import annotations

import os
import time
from pathlib import Path


class Trap(int):
    """Aborts the process, or keeps it busy, at the third input; a file says that this has happened."""

    sprung: Path
    kind: str
    uses: int

    @classmethod
    def of(cls, kind: str, sprung: Path) -> Trap:
        made = cls(7)
        made.kind, made.sprung, made.uses = kind, sprung, 0
        return made

    def __format__(self, layout: str) -> str:
        self.uses += 1
        if self.uses == 3 and not self.sprung.exists():
            self.sprung.touch()
            if self.kind == "crash":
                os.abort()
            time.sleep(60)
        return super().__format__(layout)
