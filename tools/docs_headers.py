"""Writes the site's headers down for people who serve it: a table, and a configuration of nginx.

Both come from tools/respond.py, which serves the site in every test.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tools.respond import DOCUMENTATION, EMBEDDED, SITE_HEADERS, site_headers

_POLICY = "Content-Security-Policy"
_WHY = {
    "Cross-Origin-Opener-Policy": "isolates the page, together with the next: threads on the processor",
    "Cross-Origin-Embedder-Policy": "the same",
    "Cross-Origin-Resource-Policy": "pages of other origins may show the tool though they are isolated",
    "Access-Control-Allow-Origin": "pages of other origins may load scripts, runtime and models",
    "Permissions-Policy": "what the site never asks for; the camera is for its own pages",
    "X-Content-Type-Options": "files are what they are said to be",
    _POLICY: f"scripts and connections of the site's own alone; only {EMBEDDED} may be framed elsewhere",
}
_SERVER = """\
map $uri $alphacut_policy {{
    default         "{default}";
    ~/{folder}         "{docs}";
    ~/embed\\.html$  "{embedded}";
}}

server {{
    listen       80;
    server_name  alphacut.example;
    root         /srv/alphacut;  # what build_site.py wrote to dist/site

{headers}
    add_header {policy_name} $alphacut_policy always;
    add_header Cache-Control no-cache always;  # kept, and asked for again: a new version is seen at once

    gzip         on;
    gzip_types   text/css text/javascript application/javascript application/json application/wasm
                 application/octet-stream image/svg+xml;
}}
"""


def header_table() -> str:
    """Tell each header with its value and what it is for."""
    headers = site_headers("")
    rows = [[f"`{name}`", f"`{value}`", _WHY[name]] for name, value in headers.items()]
    return table(["header", "value", "for"], rows)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def nginx() -> str:
    """Write a server of nginx that sends what tools/serve.py sends, as a fence."""
    width = max(map(len, SITE_HEADERS))
    headers = "\n".join(
        f'    add_header {name:{width}} "{value}" always;' for name, value in SITE_HEADERS.items()
    )
    text = _SERVER.format(
        default=site_headers("")[_POLICY], embedded=site_headers(EMBEDDED)[_POLICY],
        docs=site_headers(DOCUMENTATION)[_POLICY], folder=DOCUMENTATION,
        headers=headers, policy_name=_POLICY,
    )  # fmt: skip
    return f'```nginx server title="/etc/nginx/conf.d/alphacut.conf"\n{text}```'
