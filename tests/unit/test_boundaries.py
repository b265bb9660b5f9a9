"""Who may import, download and convert what. Each checker is first shown something that breaks its rule."""

from __future__ import annotations

import ast
import posixpath
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers import ROOT
from tools.respond import CONTENT_SECURITY_POLICY

SOURCES = ROOT / "src" / "alphacut"
WEB = ROOT / "web"
MODULES = sorted(SOURCES.rglob("*.py"))
SCRIPTS = sorted(path for path in WEB.rglob("*.js") if "node_modules" not in path.parts)

# ---- Python ----------------------------------------------------------------------------------------

EVERYWHERE = sys.stdlib_module_names | {"numpy", "PIL", "alphacut"}
OF_ONNX = {
    *("onnx_graph", "graph_ends", "graph_fusions", "graph_gpu", "graph_passes"),
    *("onnx_check", "onnx_inspect", "onnx_family", "own_model"),
}
"""Modules that import onnx, which the photo's way does without."""
BESIDES = {**{name: {"onnx"} for name in OF_ONNX}, "native": {"onnxruntime"}}
TOPS = {"api", "cli", "native"}
"""Modules at the top, which nothing else imports: they know what runs networks, and where these come from."""
HEAD = "__init__"
"""Of the package: imports what it offers when it is asked for, so nothing by itself (test_api.py)."""
STORE = [path for path in MODULES if path.parent.name == "store"]
"""Runs under CPython alone; what the browser loads goes without."""
REALM = "realm"
"""The one module that takes JavaScript itself, for pages where nobody passes it in."""
ON_DEMAND = "own_models"
"""The one module of browser/ that needs onnx; the worker loads it when a visitor brings a network."""
NETWORK = {"urllib", "http", "socket", "ssl", "ftplib", "smtplib", "xmlrpc", "asyncore", "socketserver"}
DYNAMIC = {"__import__", "import_module", "exec", "eval", "find_spec"}
CONVERSIONS = {
    "create_proxy",
    "create_once_callable",
    "destroy",
    "getBuffer",
    "release",
    "to_js",
    "to_py",
    "assign",
    "assign_to",
    "pyodide",
    "js",
}


def imported(source: str) -> set[str]:
    """Full names of the modules that a source imports anywhere; relative ones begin with alphacut."""
    found = set[str]()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            module = f"alphacut.{node.module or ''}" if node.level else node.module or ""
            found |= {f"{module}.{alias.name}" for alias in node.names}
    return found


def forbidden_imports(source: str, name: str) -> set[str]:
    """What the core module `name` imports though it may not."""
    roots = {module.partition(".")[0] for module in imported(source)}
    wrong = (roots - EVERYWHERE - BESIDES.get(name, set())) | (roots & NETWORK)
    above = "|".join([*TOPS, "command", "store", "browser"])
    heavy = above if name in OF_ONNX else f"{'|'.join(OF_ONNX)}|{above}"
    found = {m for m in imported(source) if re.match(rf"alphacut\.({heavy})\b", m)}
    return wrong | (set() if name in TOPS | {HEAD} else found)


def named(source: str, names: set[str]) -> set[str]:
    """Which of `names` a source uses as a name or an attribute."""
    nodes = list(ast.walk(ast.parse(source)))
    used = {node.id for node in nodes if isinstance(node, ast.Name)}
    return names & (used | {node.attr for node in nodes if isinstance(node, ast.Attribute)})


def platform_switches(source: str) -> set[str]:
    """Signs that a source asks what it runs on."""
    texts = {
        n.value
        for n in ast.walk(ast.parse(source))
        if isinstance(n, ast.Constant) and isinstance(n.value, str)
    }
    return named(source, {"platform"}) | (texts & {"emscripten", "wasm32", "wasi"})


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import js", {"js"}),
        ("def f():\n    from pyodide.ffi import to_js", {"pyodide"}),
        ("import scipy.ndimage", {"scipy"}),
        ("import onnx", {"onnx"}),
        ("import urllib.request", {"urllib"}),
        ("from .browser import entry", {"alphacut.browser.entry"}),
        ("from alphacut.onnx_graph import ship", {"alphacut.onnx_graph.ship"}),
        ("from alphacut.graph_ends import add_ends", {"alphacut.graph_ends.add_ends"}),
        ("from alphacut import native", {"alphacut.native"}),
        ("from alphacut.store.fetch import fetch_all", {"alphacut.store.fetch.fetch_all"}),
        ("import alphacut.api", {"alphacut.api"}),
        ("import numpy as np, io\nfrom PIL import Image\nfrom alphacut.image import decode", set()),
    ],
)
def test_the_checker_finds_forbidden_imports(source: str, found: set[str]) -> None:
    assert forbidden_imports(source, "image") == found


def test_modules_on_graphs_may_import_onnx_and_each_other_but_no_runtime() -> None:
    source = (
        "import onnx\nfrom alphacut.graph_passes import prune\nimport onnxruntime\nimport alphacut.native"
    )
    for module in OF_ONNX:
        assert forbidden_imports(source, module) == {"onnxruntime", "alphacut.native"}


@pytest.mark.parametrize("path", [p for p in MODULES if p.parent == SOURCES], ids=lambda p: p.stem)
def test_core_modules_import_the_standard_library_numpy_and_pillow_only(path: Path) -> None:
    assert forbidden_imports(path.read_text("utf-8"), path.stem) == set()


@pytest.mark.parametrize("path", [p for p in MODULES if p.parent.name == "browser"], ids=lambda p: p.stem)
def test_browser_modules_get_javascript_passed_in(path: Path) -> None:
    source = path.read_text("utf-8")
    itself = {"js", "pyodide"} if path.stem == REALM else set()
    assert {m.partition(".")[0] for m in imported(source)} <= (EVERYWHERE - NETWORK) | itself
    above = "|".join([*TOPS, "command", "store"])
    heavy = above if path.stem == ON_DEMAND else f"{'|'.join(OF_ONNX)}|{above}"
    assert not {m for m in imported(source) if re.match(rf"alphacut\.({heavy})\b", m)}


@pytest.mark.parametrize("path", STORE, ids=lambda p: p.stem)
def test_the_store_imports_no_javascript_and_not_what_uses_it(path: Path) -> None:
    found = imported(path.read_text("utf-8"))
    assert {m.partition(".")[0] for m in found} <= EVERYWHERE | {"onnx"}
    assert not {m for m in found if re.match(r"alphacut\.(api|cli|command|browser)\b", m)}


def test_the_store_alone_asks_the_network() -> None:
    asking = {p for p in MODULES if {m.partition(".")[0] for m in imported(p.read_text("utf-8"))} & NETWORK}
    assert {path.stem for path in asking} == {"download"}
    assert asking <= set(STORE)


def test_only_the_api_takes_javascript_itself_and_evaluates_one_line() -> None:
    asking = [p.stem for p in MODULES if f"browser.{REALM}" in " ".join(imported(p.read_text("utf-8")))]
    assert asking == ["api"]
    texts = {path.stem: path.read_text("utf-8") for path in MODULES}
    assert {name for name, text in texts.items() if "run_js" in text} == {REALM}
    assert re.findall(r"\brun_js\((.*)\)", texts[REALM]) == ['"(address) => import(address)"']


def test_only_the_worker_asks_for_the_module_that_needs_onnx() -> None:
    assert not [p for p in MODULES if f"browser.{ON_DEMAND}" in " ".join(imported(p.read_text("utf-8")))]


def test_modules_on_graphs_alone_know_onnx() -> None:
    knowing = {
        path.stem for path in MODULES if re.search(r"^(?:import|from) onnx\b", path.read_text("utf-8"), re.M)
    }
    assert knowing <= OF_ONNX | {"networks"}  # of the store, which keeps what the others make


def test_the_checker_finds_imports_in_disguise_and_platform_switches() -> None:
    assert named("importlib.import_module('js')", DYNAMIC) == {"import_module"}
    assert platform_switches("import sys\nif sys.platform == 'emscripten': pass") == {
        "platform",
        "emscripten",
    }


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.stem)
def test_no_module_imports_in_disguise_or_asks_what_it_runs_on(path: Path) -> None:
    source = path.read_text("utf-8")
    # How the first is asked; the other looks whether there is a package of Node.js.
    finder = {"find_spec"} if path.stem in {"late_modules", "node"} else set()
    assert named(source, DYNAMIC) == finder
    assert path in STORE or platform_switches(source) == set()  # wheels are for platforms


BLOCKED_IMPORT = """
import sys
for name in ("js", "pyodide", "pyodide_js", "onnx", "onnxruntime"):
    sys.modules[name] = None
import alphacut.pipeline, {module}
print(*sorted(name for name in sys.modules if name.partition(".")[0] in {{"socket", "http", "ssl"}}))
"""


@pytest.mark.parametrize("module", ["alphacut.pipeline", "alphacut.browser.entry"])
def test_pipeline_and_bridge_run_without_javascript_onnx_and_network(module: str) -> None:
    code = BLOCKED_IMPORT.format(module=module)
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT / "src"
    )
    assert not {"http.client", "ssl"} & set(done.stdout.split())


def test_the_checker_finds_conversions() -> None:
    assert named("proxy = ffi.create_proxy(x)\nproxy.destroy()", CONVERSIONS) == {"create_proxy", "destroy"}


def test_one_module_alone_converts_and_destroys() -> None:
    """But for saying that an answer has been read; what graphs call `assign` has nothing to do with it."""
    found = {path.stem: named(path.read_text("utf-8"), CONVERSIONS) for path in MODULES}
    allowed = {
        "ort_session": {"release"},
        "page": {"release"},
        REALM: {"js"},
        **{module: {"assign"} for module in OF_ONNX},
    }
    using = {module for module, names in found.items() if names - allowed.get(module, set())}
    assert using == {"buffers"}


# ---- JavaScript ------------------------------------------------------------------------------------

_TOKEN = re.compile(
    r"""(?P<comment>/\*.*?\*/|//[^\n]*)|(?P<text>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)"""
    r"""|(?P<regex>(?<=[=(,:])\s*/(?![*/])(?:\\.|\[(?:\\.|[^\]\\])*\]|[^/\\\n\[])+/)""",
    re.DOTALL,
)
_STATIC_IMPORT = re.compile(
    r"""(?:^|[;\n}])\s*(?:import\b[^;"'`()]*?|export\b[^;"'`()=]*?\bfrom\s*)["']([^"']+)["']"""
)
_DYNAMIC_IMPORT = re.compile(
    r"""\bimport\s*\(\s*(?!["']\./[\w/-]+\.js["']\s*\))"""
)  # but of a module beside or below it


def code_of(script: str) -> str:
    """The script without comments."""
    return _TOKEN.sub(lambda match: " " if match["comment"] else match[0], script)


def texts_of(script: str) -> list[str]:
    """Its string and template literals."""
    return [match["text"] for match in _TOKEN.finditer(script) if match["text"]]


ALONE = {"sw.js", "worker.js"}
"""The service worker imports nothing, the other one line: each has a test of its own."""
LENT = {
    *("controls", "dom", "error-words", "file-names", "i18n", "intake", "licence-gate", "listings", "photo"),
    *("progress", "site", "store", "text", "editor/compare"),
}
"""Modules of page/ that the embedded tool uses too: words and widgets, which know nothing of the app."""
MAY_IMPORT = {
    "": {"api", "client", "shared"},
    "api": {"api", "client", "shared"},
    "client": {"client", "shared"},
    "embed": {"embed", "client", "page", "shared"},
    "page": {"page", "client", "shared", "vendor"},
    "python": {"python", "shared", "worker"},
    "shared": {"shared"},
    "worker": {"worker", "shared"},
}
"""Folders of web/, and what their scripts may import; "" are the scripts that pages of others load.

client/ speaks with the worker, for whoever runs one; vendor/ is where the build puts small libraries.
"""


def foreign_imports(script: str, path: str) -> set[str]:
    """Modules that the script at `path` of web/ imports though it may not: see `MAY_IMPORT`."""
    here = Path(path)
    allowed = MAY_IMPORT["" if len(here.parts) == 1 else here.parts[0]]

    def is_foreign(name: str) -> bool:
        target = posixpath.normpath((here.parent / name).as_posix())
        return not (name.startswith(".") and name.endswith(".js") and target.split("/")[0] in allowed)

    return {name for name in _STATIC_IMPORT.findall(code_of(script)) if is_foreign(name)}


def calls(script: str, *names: str) -> int:
    """How often functions or constructors of these names are called."""
    return len(re.findall(rf"(?<![\w.#])(?:globalThis\.|self\.)?(?:{'|'.join(names)})\s*\(", code_of(script)))


def scripts(*folders: str) -> Iterator[Path]:
    return (path for path in SCRIPTS if path.relative_to(WEB).parts[0] in folders)


def label(path: Path) -> str:
    return path.relative_to(WEB).as_posix()


@pytest.mark.parametrize(
    ("script", "found"),
    [
        ('import { a } from "../embed/api.js";', {"../embed/api.js"}),
        ('import "https://example.org/x.js";', {"https://example.org/x.js"}),
        ('import ort from "onnxruntime-web";', {"onnxruntime-web"}),
        ('export * from "../page/dom.js";', {"../page/dom.js"}),
        ('import {\n  a,\n  b,\n} from "../page/x.js";', {"../page/x.js"}),
        (
            '// import "../page/x.js";\n/** @import { A } from "../p.js" */\nimport { a } from "./b.js";',
            set(),
        ),
        ('export const a = "../page/x.js";', set()),
        ('import { a } from "../shared/protocol.js";\nconst b = "from \'../page/x.js\'";', set()),
    ],
)
def test_the_checker_finds_foreign_modules(script: str, found: set[str]) -> None:
    assert foreign_imports(script, "worker/a.js") == found


def test_the_checker_knows_folders_in_folders() -> None:
    script = (
        'import { a } from "../dom.js";\nimport "../../shared/b.js";\nimport { c } from "../../worker/c.js";'
    )
    assert foreign_imports(script, "page/editor/editor.js") == {"../../worker/c.js"}


def test_the_page_uses_what_the_build_puts_into_vendor() -> None:
    script = 'import { a } from "../../vendor/client-zip.js";'
    assert foreign_imports(script, "page/batch/zip.js") == set()
    assert foreign_imports(script, "worker/batch/zip.js") == {"../../vendor/client-zip.js"}


def test_scripts_were_found() -> None:
    assert {"page/main.js", "worker/worker.js", "shared/protocol.js"} <= {label(path) for path in SCRIPTS}
    assert _STATIC_IMPORT.findall(code_of((WEB / "worker" / "worker.js").read_text("utf-8")))


@pytest.mark.parametrize("path", [p for p in SCRIPTS if label(p) not in ALONE], ids=label)
def test_scripts_import_only_what_their_folder_may(path: Path) -> None:
    assert foreign_imports(path.read_text("utf-8"), label(path)) == set()


def test_the_embedded_tool_borrows_no_more_of_the_page_than_is_lent() -> None:
    named = {
        posixpath.relpath(posixpath.normpath((path.parent / name).as_posix()), (WEB / "page").as_posix())
        for path in scripts("embed")
        for name in _STATIC_IMPORT.findall(code_of(path.read_text("utf-8")))
    }
    assert {name.removesuffix(".js") for name in named if not name.startswith("..")} == LENT


def test_the_worker_under_its_lasting_name_is_nothing_but_the_worker() -> None:
    assert code_of((WEB / "worker.js").read_text("utf-8")).split() == ["import", '"./worker/worker.js";']


def test_the_service_worker_imports_nothing() -> None:
    script = code_of((WEB / "sw.js").read_text("utf-8"))
    assert not re.search(r"\bimport\b|importScripts", script)


def test_the_checker_finds_modules_chosen_at_run_time() -> None:
    assert _DYNAMIC_IMPORT.search("await import(`${index}x.js`)")
    assert _DYNAMIC_IMPORT.search('import("../page/x.js")')
    assert not _DYNAMIC_IMPORT.search('import("./stats.js")')


def users(*patterns: str) -> set[str]:
    """Scripts whose code, comments aside, matches one of the patterns."""
    found = re.compile("|".join(patterns))
    return {label(path) for path in SCRIPTS if found.search(code_of(path.read_text("utf-8")))}


def test_modules_are_chosen_at_run_time_only_where_the_runtimes_are_loaded() -> None:
    assert users(_DYNAMIC_IMPORT.pattern) == {"worker/ort.js", "worker/runtime.js"}


def test_one_script_alone_touches_onnx_runtime() -> None:
    assert users(r"InferenceSession", r"ort-wasm", r"onnxruntime", r"\bort\.Tensor") == {"worker/ort.js"}


def test_one_script_alone_touches_pyodide() -> None:
    assert users(r"loadPyodide", r"\bpyimport\b", r"\bpyodide\._module") == {"worker/runtime.js"}


def test_the_checker_counts_calls_but_not_namesakes() -> None:
    script = "fetch(a); globalThis.fetch(b); // fetch(c)\nthis.fetch(d); refetch(e); fetchSite()"
    assert calls(script, "fetch") == 2


def test_downloads_are_made_in_one_place_each_by_worker_and_who_asks_it() -> None:
    downloading = {label(path) for path in SCRIPTS if calls(path.read_text("utf-8"), "fetch|plainFetch")}
    assert downloading - {"sw.js"} == {"worker/assets.js", "client/download.js"}  # sw.js passes answers on


def test_one_script_each_owns_what_the_browser_keeps_of_models_and_of_batches() -> None:
    owners = {"worker/store.js", "page/shelf.js"}
    assert users(r"\.getDirectory\b") == owners
    of_the_reader = {"page/batch/save.js"}  # its folder is one that the reader picked
    assert users(r"\.removeEntry\b") == owners | of_the_reader


def test_the_service_worker_alone_owns_what_the_browser_keeps_of_the_site() -> None:
    assert users(r"\bcaches\.", r"\bCacheStorage\b") == {"sw.js"}


def test_nothing_is_sent_anywhere() -> None:
    sending = (
        r"\bWebSocket\b",
        r"EventSource",
        r"sendBeacon",
        r"RTCPeerConnection",
        r"""method:\s*["']""",
    )
    assert users(*sending) == set()
    # Python's import can't wait for a promise.
    assert users(r"XMLHttpRequest") == {"worker/fetch-now.js"}
    script = code_of((WEB / "worker" / "fetch-now.js").read_text("utf-8"))
    assert re.findall(r"\.open\((\S+)", script) == ['"GET",']
    assert re.findall(r"\.send\((.*?)\)", script) == [""]


def test_no_script_names_another_host() -> None:
    namespace = "http://www.w3.org/2000/svg"  # an identifier, never asked for
    hosts = {
        text
        for path in SCRIPTS
        for text in texts_of(path.read_text("utf-8"))
        if re.search(r"https?://", text)
    }
    assert {text.strip("\"'`") for text in hosts} <= {namespace}


def holds_python(script: str) -> bool:
    """Whether a script holds Python source or a call that runs some."""
    looks_so = re.compile(
        r"^\s*(?:def \w+\(|class \w+[:(]|from [\w.]+ import |import \w+\s*$|async def )", re.MULTILINE
    )
    runs = re.search(r"\brunPython(?:Async)?\b|\bpyodide\.code\b", code_of(script))
    return bool(runs) or any(looks_so.search(text.strip("\"'`")) for text in texts_of(script))


@pytest.mark.parametrize(
    "script", ["const code = `\nimport numpy\n`;", "x.runPython(y)", "f(`def run(a):\n  pass`)"]
)
def test_the_checker_finds_python_inside_javascript(script: str) -> None:
    assert holds_python(script)
    assert not holds_python("/* def f(): */ const text = `an import of goods`;")


@pytest.mark.parametrize("path", SCRIPTS, ids=label)
def test_there_is_no_python_inside_javascript(path: Path) -> None:
    assert not holds_python(path.read_text("utf-8"))


def test_one_script_on_each_side_posts_messages() -> None:
    """The worker's own small workers, which make strips of a PNG, aside."""
    senders = users(r"\.postMessage\(")
    pool = {"worker/png-pool.js", "worker/png-strip.js"}
    assert {name for name in senders if name.startswith("worker/")} - pool == {"worker/worker.js"}
    to_the_service_worker = {"page/pwa/service.js"}
    assert {name for name in senders if name.startswith("page/")} == to_the_service_worker
    assert {name for name in senders if name.startswith("client/")} == {"client/worker-slot.js"}
    assert {name for name in senders if name.startswith("api/")} == {"api/element.js"}  # to its frame
    # To the page around; and to the frame beside that has the worker.
    assert {name for name in senders if name.startswith("embed/")} == {"embed/host-link.js", "embed/hub.js"}


@pytest.mark.parametrize("name", ["index.html", "embed.html"])
def test_page_and_server_state_the_same_content_policy(name: str) -> None:
    page = (WEB / name).read_text("utf-8")
    stated = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', page)
    assert stated is not None
    assert stated[1] == CONTENT_SECURITY_POLICY
