"""What the page says where a module does not load, in Node.js; test_trouble.py has it in browsers."""

from __future__ import annotations

from typing import Any

import pytest

from tests.helpers import ROOT
from tests.unit.test_live_js import in_node

PAGE = f"""
  const {{ readFileSync }} = await import("node:fs");
  const {{ default: vm }} = await import("node:vm");
  const status = {{ textContent: "" }}, heard = {{}}, dataset = {{ state: "ready" }};
  class HTMLScriptElement {{}}
  const document = {{
    documentElement: {{ dataset, style: {{}}, toggleAttribute() {{}} }},
    head: {{ append() {{}} }}, readyState: "interactive",
    currentScript: {{ src: "https://a.example/tool/page/guard.js" }},
    createElement: () => ({{}}), getElementById: () => status,
  }};
  const page = {{
    document, HTMLScriptElement, URL, URLSearchParams, location: {{ search: "", protocol: "https:" }},
    localStorage: {{ getItem: () => null }}, navigator: {{ languages: ["en"] }},
    addEventListener: (type, listener) => {{ heard[type] = listener; }},
  }};
  const code = readFileSync({str(ROOT / "web" / "page" / "guard.js")!r}, "utf8");
  const error = vm.runInNewContext(`${{code}}; new SyntaxError("of a module")`, page);
  const filename = "https://a.example/tool/page/main-abc.js";
"""


def said(script: str) -> Any:
    """What the page's status line says after this."""
    return in_node(f"{PAGE} {script}; return [dataset.state, status.textContent.slice(0, 30)];")


BROKEN = ["error", "A part of this page did not lo"]


def test_a_module_that_came_damaged_or_not_at_all_is_told() -> None:
    assert said("heard.error({ target: page, error, filename })") == BROKEN
    assert said("heard.error({ target: new HTMLScriptElement(), filename: '' })") == BROKEN


@pytest.mark.parametrize(
    ("state", "filename"),
    [
        ("complete", "https://a.example/tool/page/main-abc.js"),
        ("interactive", "chrome-extension://abc/content.js"),
        ("interactive", "https://a.example/other/tool.js"),
        ("interactive", ""),
    ],
)
def test_later_errors_and_those_of_others_leave_the_page_as_it_is(state: str, filename: str) -> None:
    event = f"document.readyState = {state!r}; heard.error({{ target: page, error, filename: {filename!r} }})"
    assert said(event) == ["ready", ""]
