"""Lists the fenced snippets of a Markdown page, so that tests can run every one of them.

A fence's first line names the language, then what the runner needs to know, which no reader is shown::

    ```python pyodide title="page.py"

Words are flags, `name="value"` gives a value. `tools.docs_hook` leaves only `title` for the built page.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field

_FENCE = re.compile(
    r"^(?P<indent> *)(?P<mark>`{3,})(?P<info>[^\n`]*)\n(?P<text>.*?)^(?P=indent)(?P=mark) *$",
    re.MULTILINE | re.DOTALL,
)
_ATTRIBUTE = re.compile(r'\s+([\w-]+)(?:="([^"]*)")?')


class SnippetError(Exception):
    """A fence can't be read, or nothing runs it. The message says where it is."""


@dataclass(frozen=True)
class Snippet:
    """A fence: where it begins, what it is written in, what is said of it, and what it holds."""

    page: str
    line: int
    language: str
    text: str
    attributes: Mapping[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str | None:
        """The name of the file that it shows, if it shows one."""
        return self.attributes.get("title")

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def snippets(text: str, page: str) -> list[Snippet]:
    """List the fences of a page. Raises SnippetError for one that is not closed or says something odd."""
    found = [_read(match, text, page) for match in _FENCE.finditer(text)]
    marks = len(re.findall(r"^ *```", _FENCE.sub("", text), re.MULTILINE))
    if marks:
        raise SnippetError(f"{page} holds a fence that does not end")
    return found


def for_readers(text: str) -> str:
    """Leave of each fence's first line what the page's renderer knows: the language and the title."""

    def shortened(match: re.Match[str]) -> str:
        snippet = _read(match, text, "page")
        title = f' title="{snippet.title}"' if snippet.title else ""
        head = f"{match['indent']}{match['mark']}"
        return f"{head}{snippet.language}{title}\n{match['text']}{head}"

    return _FENCE.sub(shortened, text)


def _read(match: re.Match[str], text: str, page: str) -> Snippet:
    line = text.count("\n", 0, match.start()) + 1
    language, rest = re.match(r"\s*([\w-]*)(.*)", match["info"]).groups()  # type: ignore[union-attr] # matches all
    if not language or _ATTRIBUTE.sub("", rest).strip():
        raise SnippetError(f"{page}:{line}: a fence begins with its language, then its attributes")
    attributes = {name: value or "" for name, value in _ATTRIBUTE.findall(rest)}
    return Snippet(page, line, language, textwrap.dedent(match["text"]), attributes)
