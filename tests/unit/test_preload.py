"""The page's head names the modules that the page imports, all of them and no others."""

from __future__ import annotations

from pathlib import Path

from tools.preload import add_preloads, imports

FILES = {
    "page/main.js": (
        'import { a } from "./a.js";\nimport {\n  b,\n} from "../shared/b.js";\n'
        '/** @import { T } from "./types.js" */\nif (b) import("./later.js");\n'
    ),
    "page/a.js": 'import "./c.js";\nexport const a = "./text.js";\n',
    "page/c.js": 'import { b } from "../shared/b.js";\nimport { a } from "./a.js"; // in a circle\n',
    "shared/b.js": "export const b = 1;\n",
    "index.html": '<head>\n<script type="module" src="page/main.js"></script>\n</head>',
}


def written(folder: Path) -> Path:
    for name, text in FILES.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    return folder


def test_imports_are_followed_but_not_types_and_what_comes_later(tmp_path: Path) -> None:
    assert imports(written(tmp_path), "page/main.js") == ["page/a.js", "shared/b.js", "page/c.js"]


def test_minified_modules_are_read_too(tmp_path: Path) -> None:
    folder = tmp_path / "page"
    folder.mkdir()
    (folder / "main.js").write_text(
        'import{a as b}from"./a.js";import"./b.js";b("import c",()=>import("./later.js"));var x="./text.js";'
    )
    for name in ("a", "b"):
        (folder / f"{name}.js").write_text("export var a=1;")
    assert imports(tmp_path, "page/main.js") == ["page/a.js", "page/b.js"]


def test_the_links_come_before_the_script(tmp_path: Path) -> None:
    page = written(tmp_path) / "index.html"
    add_preloads(page)
    assert page.read_text() == (
        '<head>\n<link rel="modulepreload" href="page/a.js">\n'
        '<link rel="modulepreload" href="shared/b.js">\n<link rel="modulepreload" href="page/c.js">\n'
        '<script type="module" src="page/main.js"></script>\n</head>'
    )
