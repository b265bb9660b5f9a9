"""The files that are damaged: those of Pillow's own tests, from its source package, and ours (makers.py).

    python -m bench.fuzzing.seeds [FOLDER]

Pillow's tests bring the suites that decoders are tried with (bmpsuite, APNG, libtiff's, what OSS-Fuzz found
in Pillow). The package is fetched by pip, which has it from wherever packages come from here. pip also runs
what builds it, to learn its name; all of that, and the package itself, has a hash that is looked at before.
A folder that was written once can be carried to a host without network.
"""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from PIL import Image

from alphacut.sniff import identify
from alphacut.store.cache import Cache, digest
from alphacut.store.sources import Part
from bench.fuzzing.formats import KINDS
from bench.fuzzing.makers import made

FOLDER = Path(__file__).resolve().parent.parent.parent / "dist" / "fuzz-seeds"
VERSION = "12.2.0"
"""Of Pillow; the one that the site serves (tools/parts.toml)."""
SOURCES = Part(
    f"pillow-{VERSION}.tar.gz",
    "a830b1a40919539d07806aa58e1b114df53ddd43213d9c8b75847eee6c0182b5",
    46_987_819,
    (),
)
_BUILD = Path(__file__).parent / "build.txt"
_PIP = (sys.executable, "-m", "pip")
_HASHES = ("--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes")
_MOST_BYTES, _MOST_PIXELS = 16_000, 50_000
"""Small ones, so that there can be many."""

Seeds = Mapping[str, list[bytes]]
"""Files by format, in the order of their names."""


def write_seeds(folder: Path) -> None:
    """Write all seeds into a folder."""
    found = {f"made-{name}": data for name, data in made().items()}
    found |= {f"pillow-{name}": data for name, data in _of_pillow(_sources(Cache.default()))}
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in found.items():
        (folder / name).write_bytes(data)
    print(f"{len(found)} seeds in {folder}")


def read_seeds(folder: Path) -> tuple[Seeds, str]:
    """Read the seeds of a folder, by format; and a hash over all of them, which says what was damaged."""
    found: dict[str, list[bytes]] = {kind: [] for kind in KINDS}
    whole = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        data = path.read_bytes()
        whole.update(path.name.encode() + b"\0" + hashlib.sha256(data).digest())
        if (kind := kind_of(path.name, data)) in found:
            found[kind].append(data)
    missing = [kind for kind, files in found.items() if not files]
    if missing:
        raise ValueError(
            f"{folder} has no seeds of {', '.join(missing)}: python -m bench.fuzzing.seeds {folder}"
        )
    return found, whole.hexdigest()


def kind_of(name: str, data: bytes) -> str:
    """Name a file's format; that without a signature by the ending of its name."""
    kind = identify(data)
    return kind.name if kind else name.rpartition(".")[2].upper()


def _of_pillow(archive: Path) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(archive) as package:
        for member in package:
            _, _, name = member.name.partition("/Tests/images/")
            if not (name and member.isfile() and 0 < member.size <= _MOST_BYTES):
                continue
            stream = package.extractfile(member)
            data = stream.read() if stream else b""
            if kind_of(name, data) in KINDS and _is_small(data):
                yield name.replace("/", "-"), data


def _is_small(data: bytes) -> bool:
    try:
        with Image.open(io.BytesIO(data)) as image:
            return image.width * image.height <= _MOST_PIXELS
    except Exception:  # noqa: BLE001 - it is among the seeds for being damaged
        return True


def _sources(cache: Cache) -> Path:
    if found := cache.get(SOURCES):
        return found
    with cache.lock(), tempfile.TemporaryDirectory(dir=cache.partial) as scratch:
        path = download(Path(scratch), f"pillow=={VERSION}", SOURCES.sha256)
        if digest(path, "sha256") != SOURCES.sha256:
            raise ValueError(f"{SOURCES.name} is not the file that was pinned")
        return cache.put(SOURCES, path)


def download(folder: Path, package: str, sha256: str) -> Path:
    """Have pip download a source package, whose hash it knows before it runs any of it."""
    pins, tools = folder / "pins.txt", folder / "tools"
    pins.write_text(f"{package} --hash=sha256:{sha256}\n", "utf-8")
    wheels = ["install", *_HASHES, "--only-binary=:all:", f"--target={tools}", f"--requirement={_BUILD}"]
    subprocess.run([*_PIP, *wheels], check=True)
    source = ["download", *_HASHES, "--no-binary=:all:", "--no-build-isolation", f"--dest={folder}"]
    environment = {**os.environ, "PYTHONPATH": str(tools)}
    subprocess.run([*_PIP, *source, f"--requirement={pins}"], check=True, env=environment)
    return folder / SOURCES.name


if __name__ == "__main__":
    write_seeds(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
