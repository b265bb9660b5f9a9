"""Downloads that break off after each of their bytes (web/worker/assets.js, model-files.js), in Node.js."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.helpers import ROOT
from tests.unit.test_batch import told

WORKER = ROOT / "web" / "worker"

# The server sends as much as `cut` says, in parts of 97 bytes; then the connection breaks, or only ends.
STAGE = f"""
import {{ createHash }} from "node:crypto";
const cut = {{ at: Infinity, ending: "break", times: Infinity }};
let file = new Uint8Array();
globalThis.fetch = async () => {{
  const whole = cut.times-- > 0 ? file.slice(0, cut.at) : file;
  let sent = 0;
  return new Response(new ReadableStream({{
    pull(controller) {{
      if (sent < whole.length) return controller.enqueue(whole.slice(sent, sent += 97));
      const breaks = whole.length < file.length && cut.ending === "break";
      if (breaks) controller.error(new TypeError("network error"));
      else controller.close();
    }},
  }}));
}};
const later = globalThis.setTimeout;
globalThis.setTimeout = (act) => later(act, 0); // no pause before another try
const {{ fetchJson, fetchVerified }} = await import("{(WORKER / "assets.js").as_uri()}");
const {{ fetchKept }} = await import("{(WORKER / "model-files.js").as_uri()}");
const hash = (bytes) => createHash("sha256").update(bytes).digest("hex");
const digest = async (bytes) => hash(bytes);
const {{ signal }} = new AbortController(), onBytes = () => {{}};
const tally = async (act) => {{
  const codes = {{}};
  for (cut.at = 0; cut.at <= file.length; cut.at += 1) {{
    const code = await act().then(() => "whole", (error) => error.code);
    codes[code] = (codes[code] ?? 0) + 1;
  }}
  return codes;
}};
const say = (value) => console.log(JSON.stringify(value));
"""
LENGTH = 2000
FILE = f"file = Uint8Array.from({{ length: {LENGTH} }}, (_, at) => at * 7919 % 251);"
DESCRIBED = '{ path: "models/tiny/weights-000.bin", bytes: file.length, sha256: hash(file) }'


def story(script: str) -> Any:
    """What a story about downloads logs."""
    return told(STAGE + script)


@pytest.mark.parametrize("ending", ["break", "end"])
def test_a_file_is_whole_or_cut_off_and_never_taken_for_whole(ending: str) -> None:
    assert story(f"""
        {FILE}
        cut.ending = "{ending}";
        const into = new Uint8Array(file.length);
        say(await tally(() => fetchVerified({DESCRIBED}, into, {{ signal, digest, onBytes }})));
    """) == {"download-cut-off": LENGTH, "whole": 1}


def test_a_model_that_is_cut_off_once_comes_with_the_next_try() -> None:
    assert story(f"""
        {FILE}
        say(await tally(async () => {{
          cut.times = 1;
          const all = await fetchKept([{DESCRIBED}], {{ signal, digest, onBytes }});
          if (hash(all) !== hash(file)) throw {{ code: "damaged" }};
        }}));
    """) == {"whole": LENGTH + 1}


@pytest.mark.parametrize("ending", ["break", "end"])
def test_a_description_that_is_cut_off_is_no_fault_of_the_program(ending: str) -> None:
    described = json.dumps({"models": [{"id": "tiny", "title": "Tiny"}] * 20})
    assert story(f"""
        file = new TextEncoder().encode({json.dumps(described)});
        cut.ending = "{ending}";
        const site = {{ path: "site.json", bytes: 0, sha256: "" }};
        say(await tally(() => fetchJson(site)));
    """) == {"download-cut-off": len(described), "whole": 1}


def test_a_page_instead_of_a_description_is_the_servers_doing() -> None:
    assert story("""
        file = new TextEncoder().encode("<!doctype html><title>Welcome</title>");
        const site = { path: "site.json", bytes: 0, sha256: "" };
        say(await tally(() => fetchJson(site)));
    """) == {"download-cut-off": 37, "download-failed": 1}
