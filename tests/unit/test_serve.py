"""The site's server, asked as a browser asks it."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.respond import (
    CONTENT_SECURITY_POLICY,
    PERMISSIONS_POLICY,
    SITE_HEADERS,
    Fault,
    parse_range,
    site_headers,
)
from tools.serve import bind, main, serving

CONTENT = bytes(range(256)) * 40
TYPES = {
    "a.js": "text/javascript; charset=utf-8",
    "a.mjs": "text/javascript; charset=utf-8",
    "a.wasm": "application/wasm",
    "a.json": "application/json",
    "a.css": "text/css; charset=utf-8",
    "a.html": "text/html; charset=utf-8",
    "a.svg": "image/svg+xml",
    "a.png": "image/png",
    "a.jpg": "image/jpeg",
    "a.webmanifest": "application/manifest+json",
    "a.whl": "application/octet-stream",
    "a.onnx": "application/octet-stream",
    "a.bin": "application/octet-stream",
    "a.zip": "application/octet-stream",
}


@dataclass(frozen=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes


def ask(url: str, path: str = "", method: str = "GET", headers: Mapping[str, str] | None = None) -> Answer:
    """Ask for a path exactly as written: urllib would tidy up the dots."""
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=10)
    try:
        connection.request(method, parts.path + path, headers=dict(headers or {}))
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read())
    finally:
        connection.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    outside = tmp_path_factory.mktemp("outside")
    (outside / "secret").write_text("secret")
    folder = outside / "site"
    (folder / "docs").mkdir(parents=True)
    (folder / "empty").mkdir()
    (folder / "index.html").write_text("front")
    (folder / "docs" / "index.html").write_text("docs")
    (folder / "with space.txt").write_text("space")
    (folder / "nothing").touch()
    (folder / "leak").symlink_to(outside / "secret")
    for name in TYPES:
        (folder / name).write_bytes(CONTENT)
    return folder


@pytest.fixture(scope="module")
def url(site: Path) -> Iterator[str]:
    with serving(site) as address:
        yield address


@pytest.fixture(scope="module")
def plain(site: Path) -> Iterator[str]:
    with serving(site, plain=True) as address:
        yield address


@pytest.mark.parametrize("path", ["", "a.js", "docs", "missing"])
def test_every_answer_carries_the_headers_of_the_site(url: str, path: str) -> None:
    headers = ask(url, path).headers
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Embedder-Policy"] == "require-corp"
    assert headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert headers["Permissions-Policy"] == PERMISSIONS_POLICY
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"] == f"{CONTENT_SECURITY_POLICY}; frame-ancestors 'self'"


def test_one_page_alone_may_be_framed_by_other_origins() -> None:
    framed = {
        path: site_headers(path)["Content-Security-Policy"].endswith("frame-ancestors *")
        for path in ("", "index.html", "embed.html", "embed.js", "a/embed.html")
    }
    assert {path for path, may in framed.items() if may} == {"embed.html"}


def test_the_documentation_alone_shows_frames_and_only_of_the_site() -> None:
    paths = ("", "embed.html", "docs/embed.html", "a/docs/embed.html")
    policies = {path: site_headers(path)["Content-Security-Policy"] for path in paths}
    assert {path for path, policy in policies.items() if "frame-src 'self'" in policy} == {"docs/embed.html"}


def test_the_policy_lets_nothing_in_from_elsewhere() -> None:
    allowed = {word for rule in CONTENT_SECURITY_POLICY.split(";") for word in rule.split()[1:]}
    assert allowed == {"'none'", "'self'", "'wasm-unsafe-eval'", "blob:", "data:"}


@pytest.mark.parametrize(("name", "content_type"), TYPES.items())
def test_types(url: str, name: str, content_type: str) -> None:
    answer = ask(url, name)
    assert answer.headers["Content-Type"] == content_type
    assert answer.body == CONTENT


def test_a_plain_server_sends_none_of_it(plain: str) -> None:
    answer = ask(plain, "a.wasm", headers={"Range": "bytes=0-0"})
    assert answer.status == 200
    assert answer.body == CONTENT
    assert not {name.lower() for name in SITE_HEADERS} & {name.lower() for name in answer.headers}
    assert answer.headers["ETag"] is None
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert ask(plain, "a.mjs").headers["Content-Type"] == "application/octet-stream"
    assert ask(plain, "a.js").headers["Content-Type"] == TYPES["a.js"]


def test_a_known_file_is_not_sent_again_until_it_changes(site: Path, url: str) -> None:
    file = site / "changing.js"
    file.write_text("old")
    first = ask(url, "changing.js")
    assert first.headers["Cache-Control"] == "no-cache"
    etag = first.headers["ETag"]
    for known in (etag, f'"other", {etag}', f"W/{etag}"):
        again = ask(url, "changing.js", headers={"If-None-Match": known})
        assert (again.status, again.body, again.headers["ETag"]) == (304, b"", etag)
    file.write_text("new")
    os.utime(file, ns=(1, 1))
    assert ask(url, "changing.js", headers={"If-None-Match": etag}).body == b"new"


def test_head_is_get_without_the_body(url: str) -> None:
    got, head = ask(url, "a.onnx"), ask(url, "a.onnx", method="HEAD")
    assert head.body == b""
    assert head.status == 200
    for name in ("Content-Length", "Content-Type", "ETag"):
        assert head.headers[name] == got.headers[name]


def test_one_connection_serves_many_requests(url: str) -> None:
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(url).netloc, timeout=10)
    connection.connect()
    used = connection.sock
    for path in ("/", "/a.onnx", "/docs", "/nothing"):
        connection.request("GET", path)
        connection.getresponse().read()
        assert connection.sock is used, path
    connection.close()


ENDS = st.integers(0, len(CONTENT) + 10)


@given(first=ENDS, last=st.none() | ENDS)
def test_a_range_is_the_slice_it_names(url: str, first: int, last: int | None) -> None:
    wanted = CONTENT[first:] if last is None else CONTENT[first : last + 1]
    answer = ask(url, "a.bin", headers={"Range": f"bytes={first}-{'' if last is None else last}"})
    if last is not None and last < first:
        assert (answer.status, answer.body) == (200, CONTENT)
    elif first >= len(CONTENT):
        assert (answer.status, answer.body) == (416, b"")
        assert answer.headers["Content-Range"] == f"bytes */{len(CONTENT)}"
    else:
        assert (answer.status, answer.body) == (206, wanted)
        end = first + len(wanted) - 1
        assert answer.headers["Content-Range"] == f"bytes {first}-{end}/{len(CONTENT)}"


@given(count=st.integers(0, 300), size=st.integers(0, 200))
def test_a_suffix_range_is_the_end(count: int, size: int) -> None:
    body = bytes(index % 256 for index in range(size))
    span = parse_range(f"bytes=-{count}", size)
    assert span is not None
    assert body[span.start : span.stop] == (body[-count:] if count else b"")


@pytest.mark.parametrize("header", ["bytes=0-1,3-4", "items=0-1", "bytes=-", "bytes=a-b", "bytes", ""])
def test_other_ranges_are_ignored(url: str, header: str) -> None:
    assert parse_range(header, 100) is None
    assert ask(url, "a.bin", headers={"Range": header}).status == 200


def test_if_range_guards_against_a_changed_file(url: str) -> None:
    etag = ask(url, "a.bin").headers["ETag"]
    assert ask(url, "a.bin", headers={"Range": "bytes=5-6", "If-Range": etag}).body == CONTENT[5:7]
    assert ask(url, "a.bin", headers={"Range": "bytes=5-6", "If-Range": '"old"'}).body == CONTENT


@pytest.mark.parametrize(
    "path",
    [
        "../secret",
        "..%2fsecret",
        "%2e%2e/secret",
        "docs/../../secret",
        "docs/../index.html",
        "docs/..\\..\\secret",
        "/etc/passwd",
        "//etc/passwd",
        "%2fetc/passwd",
        "leak",
        "index.html%00.png",
        "empty/",
        "missing",
        "index.html/",
    ],
)
@pytest.mark.parametrize("naive", [False, True])
def test_nothing_outside_the_site_and_no_listing_is_served(
    url: str, plain: str, path: str, naive: bool
) -> None:
    answer = ask(plain if naive else url, path)
    assert answer.status == 404
    assert b"secret" not in answer.body
    assert b"root:" not in answer.body


def test_folders_and_names_with_spaces(url: str) -> None:
    assert ask(url, "docs/").body == b"docs"
    redirect = ask(url, "docs")
    assert (redirect.status, redirect.headers["Location"]) == (301, "/docs/")
    assert ask(url, "with%20space.txt?v=1").body == b"space"
    assert ask(url, "nothing").body == b""


@pytest.mark.parametrize("base", ["/sub/path/", "sub/path", "/sub/path"])
def test_the_site_lies_under_its_base_and_nowhere_else(site: Path, base: str) -> None:
    with serving(site, base=base) as url:
        assert url.endswith("/sub/path/")
        assert ask(url).body == b"front"
        assert ask(url, "docs").headers["Location"] == "/sub/path/docs/"
        root = url.removesuffix("/sub/path/")
        assert ask(root, "/sub/path").headers["Location"] == "/sub/path/"
        for path in ("/", "/index.html", "/sub/", "/sub/pathindex.html"):
            assert ask(root, path).status == 404


def test_faults(site: Path) -> None:
    faults = {
        "a.js": Fault(status=503),
        "a.mjs": Fault(body=b"corrupted"),
        "a.onnx": Fault(cut_after=100),
        "a.css": Fault(delay=0.3),
        "a.wasm": Fault(content_type="text/html"),
        "a.zip": Fault(cut_after=100, reset=True),
        "missing": Fault(status=200, body=b"made up"),
        "": Fault(body=b"another front"),
    }
    with serving(site, faults=faults.get) as url:
        assert ask(url, "a.js").status == 503
        corrupted = ask(url, "a.mjs")
        assert (corrupted.status, corrupted.body) == (200, b"corrupted")
        assert corrupted.headers["Content-Type"] == TYPES["a.mjs"]
        with pytest.raises(http.client.IncompleteRead) as cut:
            ask(url, "a.onnx")
        assert cut.value.partial == CONTENT[:100]
        wrong = ask(url, "a.wasm")
        assert (wrong.headers["Content-Type"], wrong.body) == ("text/html", CONTENT)
        with pytest.raises((ConnectionResetError, http.client.IncompleteRead)):
            ask(url, "a.zip")
        started = time.monotonic()
        assert ask(url, "a.css").body == CONTENT
        assert time.monotonic() - started >= 0.3
        assert ask(url, "missing").body == b"made up"
        assert ask(url).body == b"another front"
        assert ask(url, "a.png").body == CONTENT


def test_a_slow_answer_is_whole_and_slow(site: Path) -> None:
    with serving(site, faults=lambda path: Fault(bytes_per_second=4 * len(CONTENT))) as url:
        started = time.monotonic()
        assert ask(url, "a.onnx").body == CONTENT
        assert time.monotonic() - started >= 0.2


def test_when_it_stops_open_connections_end_too(site: Path) -> None:
    with serving(site) as url:
        connection = http.client.HTTPConnection(urllib.parse.urlsplit(url).netloc, timeout=10)
        connection.request("GET", "/")
        connection.getresponse().read()
    with pytest.raises((ConnectionError, http.client.HTTPException)):
        connection.request("GET", "/")
        connection.getresponse()
    connection.close()


def test_a_taken_port_gives_way_to_the_next(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with bind("127.0.0.1", 0, site, base="/", plain=False, verbose=False) as first:
        taken = first.server_port
        with bind("127.0.0.1", taken, site, base="/", plain=False, verbose=False) as second:
            assert second.server_port > taken
    assert f"port {taken} is taken" in capsys.readouterr().err


def test_the_command_says_where_it_is_and_ends_quietly(site: Path) -> None:
    command = [sys.executable, "-m", "tools.serve", "--dir", str(site), "--port", "0", "--base", "/x/"]
    root = Path(__file__).resolve().parents[2]
    with subprocess.Popen(
        command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        url = next(word for word in process.stdout.readline().split() if word.startswith("http://"))
        assert ask(url).body == b"front"
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=10)
    assert (process.returncode, output.strip(), errors) == (0, "", "")


def test_the_command_refuses_a_folder_without_a_site(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["--dir", str(tmp_path)])
    assert "build_site.py" in capsys.readouterr().err


def test_a_browser_that_hangs_up_is_no_news(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with serving(site, faults=lambda path: Fault(delay=0.1)) as url:
        parts = urllib.parse.urlsplit(url)
        for _ in range(3):
            with socket.create_connection((str(parts.hostname), parts.port or 0)) as connection:
                connection.sendall(b"GET /a.onnx HTTP/1.1\r\nHost: x\r\n\r\n")
                # Closing with a zero linger resets the connection, as a cancelled download may.
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        time.sleep(0.3)
    assert capsys.readouterr().err == ""
