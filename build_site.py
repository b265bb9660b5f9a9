"""Builds the site: fetch -> verify -> networks -> copy -> bundle -> wheel -> lock -> stamp -> check.

    python build_site.py [--models u2netp,isnet] [--base /] [--out dist/site] [--offline] [--plain] [--npm]

The result is a folder of static files that needs no server of ours and makes no request to another
origin. With nothing changed since the last run, nothing is done.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import json
import shutil
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from PIL import Image

import alphacut
from alphacut.errors import BadModelError
from alphacut.onnx_graph import TARGETS
from alphacut.store.catalog import CatalogError, Model, choose, read_models
from alphacut.store.fetch import Cache, FetchError, fetch_all
from alphacut.store.networks import Network, prepare
from alphacut.store.node import NodeMissingError
from tools import check_site, extras, third_party
from tools.bundle import ALONE, PYTHON, STYLES, bundle
from tools.catalog import MODELS_FOLDER, ROOT, Catalog, read_catalog
from tools.chunks import CHUNK_BYTES, split
from tools.embedding import EMBEDDED, OriginError, allow, integrity, read_origins
from tools.minify import MinifyError, minify, saved, tool_part
from tools.npm import PackageError, package
from tools.offline import finish_manifest, stamp_service_worker
from tools.pack_python import CompileError, pack_python
from tools.preload import add_preloads
from tools.wheel import build_wheel

PYTHON_FOLDER = PYTHON.partition("/")[0]
PYTHON_PACKAGES = ("numpy", "pillow")
# Of Pyodide's files: the lock file is written by _add_wheel, the standard library packed by _add_python.
REPLACED = ("pyodide-lock.json", "python_stdlib.zip")
LEGAL = ("LICENSE", "THIRD_PARTY.md")
THUMB_SIDE = 480  # pixels; shown at up to half of that, sharp on dense screens


@dataclass(frozen=True)
class Options:
    """What to build, and where."""

    models: tuple[str, ...] | None = None
    model_folders: tuple[Path, ...] = (MODELS_FOLDER,)
    base: str = "./"
    out: Path = ROOT / "dist" / "site"
    offline: bool = False
    chunk_bytes: int = CHUNK_BYTES
    embed_allow: tuple[str, ...] = ()  # origins that may send photos to embed.html
    plain: bool = False  # scripts as they are written, for debugging
    npm: bool = False  # also the npm package, beside the site


def build(options: Options) -> Path:
    """Build the site and return its folder.

    Raises
    ------
    CatalogError, FetchError, BadModelError, MinifyError, CompileError, OriginError, check_site.CheckError
    PackageError, NodeMissingError
        Of the npm package.
    """
    began = time.perf_counter()
    key = _inputs_hash(options)
    models = choose(read_models(options.model_folders), options.models)
    for model in models:
        if model.licence.notice:
            _say(f"note: the site offers {model.title}. {model.licence.notice}")
    options.out.parent.mkdir(parents=True, exist_ok=True)
    with _alone(options.out):
        site = _build(options, models, key, began)
    if options.npm:
        _say(f"npm: {package(site, site.with_name('npm'))}")
    return site


def _build(options: Options, models: Sequence[Model], key: str, began: float) -> Path:
    if _is_current(options.out, key):
        _say(f"site: nothing changed since the last build ({time.perf_counter() - began:.1f} s)")
        return options.out
    catalog = read_catalog()
    cache = Cache.default()
    with _step("fetch"):
        parts = [part for component in catalog.components.values() for part in component.files.values()]
        tool = None if options.plain else tool_part()
        wanted = [*parts, *(model.published for model in models), *filter(None, [tool])]
        files = fetch_all(wanted, cache, offline=options.offline)
    with _step("networks"):
        networks = {model.id: prepare(model, files[model.published.name], cache.root) for model in models}
    unfinished = options.out.with_name(options.out.name + ".part")
    shutil.rmtree(unfinished, ignore_errors=True)
    with _step("copy"):
        _copy_ours(unfinished)
        if tool:
            _make_small(unfinished, files[tool.name])
        for page in unfinished.glob("*.html"):
            _name_in_head(page, options.base)
        allow(unfinished / EMBEDDED, options.embed_allow)
        finish_manifest(unfinished, base=options.base, screenshots=ROOT / "docs")
        _copy_parts(unfinished, catalog, files)
        extras.finish(unfinished / extras.FOLDER)
        third_party.write(unfinished, models)
        wheel = _add_wheel(unfinished, catalog)
    with _step("Python's modules"):
        python = _add_python(unfinished, catalog, files, wheel, cache)
    with _step("describe"):
        described = [
            _describe_model(unfinished, model, networks[model.id], model is models[0], options.chunk_bytes)
            for model in models
        ]
        site = _describe(unfinished, catalog, described, python)
    with _step("stamp"):
        stamped = _stamped(unfinished, site)
        (unfinished / "site.json").write_text(json.dumps(stamped, indent=1, ensure_ascii=False))
        stamp_service_worker(unfinished, stamped)
    with _step("check"):
        _say(check_site.check(unfinished, plain=options.plain))
    _replace(unfinished, options.out)
    _stamp_file(options.out).write_text(_current_stamp(options.out, key))
    _say(f"site: {options.out}, version {stamped['version']} ({time.perf_counter() - began:.1f} s)")
    return options.out


def _copy_ours(out: Path) -> None:
    """Copy our own files, without what only developers need."""
    for source in sorted(_web_files()):
        target = out / source.relative_to(ROOT / "web")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
    for name in LEGAL:
        shutil.copyfile(ROOT / name, out / name)


def _name_in_head(index: Path, base: str) -> None:
    """Name in the page's head the modules that it loads, and the base if the site was built for one."""
    add_preloads(index)
    if base != "./":
        index.write_text(
            index.read_text("utf-8").replace("<head>", f'<head>\n  <base href="{base}">', 1), "utf-8"
        )


def _make_small(out: Path, tool: Path) -> None:
    """Bundle modules and styles; minify what stays alone: the page's first script and the service worker."""
    before = sum(path.stat().st_size for path in _scripts_and_styles(out))
    bundle(out, tool)
    alone = [path for path in _scripts_and_styles(out) if path.parent == out and path.name not in STYLES]
    minify(out, [*alone, out / ALONE], tool)
    _say(saved(before, _scripts_and_styles(out)))


def _scripts_and_styles(out: Path) -> list[Path]:
    return [path for path in _files(out) if path.suffix in {".js", ".css"}]


def _copy_parts(out: Path, catalog: Catalog, files: Mapping[str, Path]) -> None:
    for component in catalog.components.values():
        folder = out / component.folder
        folder.mkdir(parents=True, exist_ok=True)
        for name in component.files:
            if name not in REPLACED:
                shutil.copyfile(files[name], folder / _served_name(name))
    lock = json.loads(files["pyodide-lock.json"].read_text("utf-8"))
    lock["packages"] = {name: lock["packages"][name] for name in PYTHON_PACKAGES}
    (out / catalog.components["pyodide"].folder / "pyodide-lock.json").write_text(json.dumps(lock))


def _served_name(name: str) -> str:
    """Many static servers don't know .mjs and send a type that browsers refuse for modules."""
    return name.removesuffix(".mjs") + ".js" if name.endswith(".mjs") else name


def _add_wheel(out: Path, catalog: Catalog) -> Path:
    """Build the alphacut wheel into the runtime's folder and name it in the lock file."""
    folder = out / catalog.components["pyodide"].folder
    wheel = build_wheel(ROOT, folder)
    # Where micropip of other pages finds it: beside the script by which it finds this site's networks.
    shutil.copyfile(wheel, _made(out / PYTHON_FOLDER) / wheel.name)
    lock_file = folder / "pyodide-lock.json"
    lock = json.loads(lock_file.read_text("utf-8"))
    lock["packages"]["alphacut"] = {
        **lock["packages"]["numpy"],
        "name": "alphacut", "version": alphacut.__version__,
        "file_name": wheel.name, "sha256": _sha256(wheel),
        "imports": ["alphacut"], "depends": list(PYTHON_PACKAGES),
    }  # fmt: skip
    lock_file.write_text(json.dumps(lock))
    return wheel


def _add_python(
    out: Path, catalog: Catalog, files: Mapping[str, Path], wheel: Path, cache: Cache
) -> dict[str, Any]:
    """Add Python's modules, packed; return `site.pyodide` of web/shared/protocol.js.

    The worker starts from the archives. The wheels lie beside them for the lock file, which installers of
    further packages read.
    """
    pyodide = catalog.components["pyodide"]
    parts = [pyodide, *(catalog.components[name] for name in PYTHON_PACKAGES)]
    archives = pack_python({n: files[n] for part in parts for n in part.files}, [wheel], cache.root)
    folder = out / pyodide.folder
    for path in (archives.empty, archives.start, archives.late):
        shutil.copyfile(path, folder / path.name)
    ours = [_served_name(name) for name in pyodide.files if name not in REPLACED]
    assets = sorted([*ours, archives.empty.name, archives.start.name])
    return {
        "version": pyodide.version, "index": f"{pyodide.folder}/",
        "assets": [_site_file(out, folder / name) for name in assets],
        "modules": _site_file(out, folder / archives.start.name),
        "late": _site_file(out, folder / archives.late.name),
    }  # fmt: skip


def _describe(
    out: Path, catalog: Catalog, models: Sequence[dict[str, Any]], python: dict[str, Any]
) -> dict[str, Any]:
    """Tell page and worker what they need to know: `Site` of web/shared/protocol.js."""
    ort, photos = catalog.components["onnxruntime-web"], catalog.components["scikit-image"]
    return {
        "pyodide": python,
        "ort": {
            "version": ort.version, "index": f"{ort.folder}/", "builds": _ort_builds(out, out / ort.folder),
        },
        "extras": _describe_extras(out),
        "integrity": integrity(out),
        "models": list(models),
        "samples": [
            asdict(sample) | _sample_files(out, out / photos.folder / sample.file)
            for sample in catalog.samples
        ],
        "parts": [
            {"name": c.title, "version": c.version, "licence": c.licence, "url": c.url,
             "text": third_party.text_of(c.id)}
            for c in catalog.components.values()
        ],
    }  # fmt: skip


def _ort_builds(out: Path, folder: Path) -> dict[str, Any]:
    """List what each build of ONNX Runtime Web fetches by itself."""
    return {
        build: [_site_file(out, path) for path in sorted(folder.glob(f"ort-wasm-*.{build}.*"))]
        for build in ("asyncify", "jspi")
    }


def _describe_extras(out: Path) -> dict[str, Any]:
    """List the wheels for visitors' own networks: what Pyodide unpacks, then what micropip installs."""
    wheels = sorted((out / extras.FOLDER).glob("*.whl"))
    first = [wheel for wheel in wheels if wheel.name.startswith(extras.INSTALLER)]
    return {
        "installer": [_site_file(out, wheel) for wheel in first],
        "packages": [_site_file(out, wheel) for wheel in wheels if wheel not in first],
    }


def _sample_files(out: Path, photo: Path) -> dict[str, Any]:
    """Make a thumbnail, so that a first visit does not download every sample in full."""
    thumb = photo.with_name(f"{photo.stem}-thumb.jpg")
    with Image.open(photo) as image:
        image.thumbnail((THUMB_SIDE, THUMB_SIDE), reducing_gap=2.0)
        image.convert("RGB").save(thumb, quality=85)
    return {"file": _site_file(out, photo), "thumb": _site_file(out, thumb)}


def _describe_model(
    out: Path, model: Model, network: Network, is_default: bool, chunk_bytes: int
) -> dict[str, Any]:
    """Copy the network's files under a name that changes with the weights, and describe them."""
    folder = out / "models" / f"{model.id}-{_sha256(network.weights)[:8]}"
    folder.mkdir(parents=True)
    for source in (network.check, *(network.graph(target) for target in TARGETS)):
        shutil.copyfile(source, folder / source.name)
    chunks = split(network.weights, folder, chunk_bytes)
    graphs = {target: _site_file(out, folder / f"{target}.onnx") for target in TARGETS}
    return {
        "id": model.id, "title": model.title, "summary": model.summary, "default": is_default,
        "licence": asdict(model.licence), "spec": model.spec.to_table(),
        "gpuPrecision": model.gpu_precision, "graphs": graphs,
        "largest": json.loads(network.largest.read_text()),
        "weights": {
            "bytes": network.weights.stat().st_size, "chunks": [_site_file(out, path) for path in chunks],
        },
        "check": _site_file(out, folder / network.check.name),
    }  # fmt: skip


def _stamped(out: Path, site: dict[str, Any]) -> dict[str, Any]:
    """Add the version: a hash of every file's path and content and of the description itself."""
    digest = hashlib.sha256(json.dumps(site, sort_keys=True).encode())
    for path in _files(out):
        digest.update(f"{path.relative_to(out).as_posix()} {_sha256(path)}\n".encode())
    return {"version": digest.hexdigest()[:16], **site}


def _site_file(out: Path, path: Path) -> dict[str, Any]:
    return {"path": path.relative_to(out).as_posix(), "bytes": path.stat().st_size, "sha256": _sha256(path)}


def _web_files() -> Iterator[Path]:
    development = {"package.json", "package-lock.json"}
    for path in (ROOT / "web").rglob("*"):
        is_ours = "node_modules" not in path.parts and path.name not in development
        if (
            path.is_file()
            and is_ours
            and not path.name.startswith("tsconfig")
            and not path.name.endswith(".d.ts")
        ):
            yield path


def _inputs_hash(options: Options) -> str:
    """Hash of everything the site is made from, downloads by their pins."""
    ours = [
        *(ROOT / name for name in ("build_site.py", "pyproject.toml", *LEGAL)),
        *(path for path in (ROOT / "src").rglob("*") if path.suffix in {".py", ".toml", ".typed"}),
        *_web_files(),
    ]
    ours += sorted((ROOT / "docs").glob("app-*.png"))
    ours += sorted(third_party.TEXTS.glob("*.txt"))
    ours += sorted((ROOT / "tools" / "lock").glob("*.txt"))
    ours += [path for path in (ROOT / "tools").rglob("*") if path.suffix in {".py", ".mjs", ".toml"}]
    ours += [path for folder in options.model_folders for path in folder.iterdir() if path.is_file()]
    digest = hashlib.sha256(
        repr((options.models, options.base, options.chunk_bytes, options.plain, options.embed_allow)).encode()
    )
    for path in sorted(ours):
        digest.update(f"{path.name} {_sha256(path)}\n".encode())
    return digest.hexdigest()


def _is_current(out: Path, key: str) -> bool:
    stamp = _stamp_file(out)
    return stamp.exists() and out.exists() and stamp.read_text() == _current_stamp(out, key)


def _stamp_file(out: Path) -> Path:
    """Return where the stamp lies: beside the site, not in it."""
    return out.with_name(f"{out.name}.stamp")


def _current_stamp(out: Path, key: str) -> str:
    """Combine the inputs' hash with every file's size and time, so that a damaged build is built again."""
    stats = [(path.relative_to(out).as_posix(), path.stat()) for path in _files(out)]
    seen = [(name, stat.st_size, stat.st_mtime_ns) for name, stat in stats]
    return f"{out.name} {key} {hashlib.sha256(repr(seen).encode()).hexdigest()}"


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _replace(new: Path, old: Path) -> None:
    shutil.rmtree(old, ignore_errors=True)
    new.replace(old)


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@contextmanager
def _alone(out: Path) -> Iterator[None]:
    """Let one build at a time write to a folder and to what it derives in the cache; others wait."""
    with ExitStack() as locks:
        for folder in (out.parent, Cache.default().root):
            folder.mkdir(parents=True, exist_ok=True)
            stream = locks.enter_context((folder / ".build.lock").open("w"))
            fcntl.flock(stream, fcntl.LOCK_EX)
        yield


@contextmanager
def _step(name: str) -> Iterator[None]:
    began = time.perf_counter()
    yield
    _say(f"  {name}: {time.perf_counter() - began:.1f} s")


def _say(text: str) -> None:
    print(text, flush=True)


def _parse(arguments: Iterable[str] | None) -> Options:
    parser = argparse.ArgumentParser(description="Build the alphacut site.")
    parser.add_argument("--models", help="comma-separated ids of models/*.toml to offer (default: all)")
    parser.add_argument("--base", default="./", help="URL path the site will live under (default: any)")
    parser.add_argument("--out", type=Path, default=Options.out, help="folder to write (default: dist/site)")
    parser.add_argument("--offline", action="store_true", help="use only what the cache holds")
    parser.add_argument("--chunk-bytes", type=int, default=CHUNK_BYTES, help="size of the files of weights")
    parser.add_argument(
        "--embed-allow", default="", help="origins whose pages may send photos to embed.html and read results"
    )
    parser.add_argument("--plain", action="store_true", help="leave our scripts as they are written")
    parser.add_argument("--npm", action="store_true", help="also make the npm package, in dist/npm")
    parsed = parser.parse_args(None if arguments is None else list(arguments))
    if parsed.chunk_bytes <= 0:
        parser.error("--chunk-bytes must be positive")
    models = tuple(filter(None, parsed.models.split(","))) if parsed.models else None
    return Options(
        models=models, base=parsed.base, out=parsed.out.resolve(), offline=parsed.offline,
        chunk_bytes=parsed.chunk_bytes, plain=parsed.plain, embed_allow=read_origins(parsed.embed_allow),
        npm=parsed.npm,
    )  # fmt: skip


def main(arguments: Iterable[str] | None = None) -> int:
    """Build as the command line says; errors people can mend are printed without a traceback."""
    try:
        build(_parse(arguments))
    except (
        CatalogError,
        FetchError,
        BadModelError,
        MinifyError,
        CompileError,
        OriginError,
        PackageError,
        NodeMissingError,
        check_site.CheckError,
    ) as error:
        print(f"build_site: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nbuild_site: stopped; what was downloaded is kept, run it again to go on", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
