"""Marks tests that hold arithmetic against an oracle: each is a row of RELIABILITY.md's table `numerics`.

A row is noted where its test passes under CPython (tests/conftest.py). That it passes in Pyodide as well,
where the row says so, is seen by tests/browser/test_core.py; that no function is left out by
tests/unit/test_numerics.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest


@dataclass(frozen=True, kw_only=True)
class Held:
    """What a test holds against what.

    Attributes
    ----------
    of : tuple of str
        Functions, as "module.function" of alphacut or "path.js function" of web/; in brackets what of them.
    against : str
        The oracle.
    over : str
        What is varied.
    within : str
        The largest difference that is allowed, in levels of 1/255 where nothing else is said.
    why : str
        Why it is more than a level, where it is.
    only_here : str
        Why it can't run in Pyodide, where it can't.
    """

    of: tuple[str, ...]
    against: str
    over: str
    within: str
    why: str
    only_here: str

    def cells(self) -> dict[str, str]:
        """The row of the table."""
        return {
            "functions": ", ".join(f"`{name}`" for name in self.of), "oracle": self.against,
            "varied": self.over, "levels": self.within, "CPython": "holds",
            "Pyodide": self.only_here or "holds", "why_more": self.why,
        }  # fmt: skip


def held(
    *of: str, against: str, over: str, within: str, why: str = "", only_here: str = ""
) -> pytest.MarkDecorator:
    """Mark a test; see `Held`."""
    return pytest.mark.held(
        Held(of=of, against=against, over=over, within=within, why=why, only_here=only_here)
    )


def held_by(item: pytest.Item) -> Held | None:
    """What a test holds, if it holds anything."""
    mark = item.get_closest_marker("held")
    found: Held | None = None if mark is None else mark.args[0]
    return found


NODE = "it is JavaScript, in Node.js"
"""Why tests of scripts are not run in Pyodide."""
