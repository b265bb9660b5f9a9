"""Downloads of the page and of the JavaScript API, in Node.js: which error says what."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.test_live_js import in_node

FETCHED = """
  Object.defineProperty(globalThis, "navigator", { value: { onLine: true } });
  const { download } = await load("client/download.js");
  globalThis.fetch = async () => answer();
  const told = async () => {
    try {
      return await (await download("https://a.example/b", "No.")).text();
    } catch ({ code, details }) {
      return [code, details];
    }
  };
"""


def downloaded(answer: str) -> Any:
    """Download from a server that gives this answer."""
    return in_node(f"const answer = () => {answer}; {FETCHED} return told();")


@pytest.mark.parametrize("status", [204, 205])
def test_an_answer_that_has_no_file_is_no_connection_that_ended(status: int) -> None:
    code, details = downloaded(f"new Response(null, {{ status: {status} }})")
    assert code == "download-failed"
    assert f"HTTP {status}" in details


def test_a_file_is_here_in_full_and_an_empty_one_is_a_file() -> None:
    assert downloaded("new Response('whole')") == "whole"
    assert downloaded("new Response('')") == ""


def test_a_connection_that_ends_too_early_is_called_so() -> None:
    stream = "new ReadableStream({ pull(flow) { flow.error(new TypeError('terminated')); } })"
    code, details = downloaded(f"new Response({stream})")
    assert code == "download-cut-off"
    assert "terminated" in details
