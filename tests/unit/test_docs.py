"""The documentation: it builds, loads nothing from elsewhere, and says what the code says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from mkdocs.exceptions import MkDocsException

import alphacut
from alphacut.store.catalog import read_models
from tests.helpers import ROOT
from tests.snippets import RUNNERS, runner_of
from tools import docs
from tools.docs_fill import DOCS, FILLERS, DocsError, fill, with_site
from tools.docs_hook import SCRIPTS
from tools.snippets import Snippet, SnippetError, for_readers, snippets

FENCES = """\
# A page

```html expect="#a b" photo
<p>One</p>
```

- in a list

  ````md title="two.md"
  ```bash
  inside
  ```
  ````
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return docs.build(out=tmp_path_factory.mktemp("docs"))


# ---- the built pages ---------------------------------------------------------------------------------


def test_every_page_is_there_and_loads_nothing_from_elsewhere(built: Path) -> None:
    pages = {path.relative_to(DOCS).with_suffix(".html").as_posix() for path in DOCS.rglob("*.md")}
    assert pages == {path.relative_to(built).as_posix() for path in built.rglob("*.html")}
    assert list(docs.loaded_from_elsewhere(built)) == []


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("a.html", '<script async src="https://cdn.example/a.js">', "https://cdn.example/a.js"),
        ("a.html", "<img alt=x src=//cdn.example/a.png>", "//cdn.example/a.png"),
        ("a.html", '<link href="https://cdn.example/a.css" rel="stylesheet">', "https://cdn.example/a.css"),
        ("a.html", '<link rel="preconnect" href="https://cdn.example">', "https://cdn.example"),
        ("a.css", "@import 'https://cdn.example/a.css';", "https://cdn.example/a.css"),
        ("a.css", "a { background: url(https://cdn.example/a.png) }", "https://cdn.example/a.png"),
        ("a.html", '<a href="https://elsewhere.example/">a link</a> <img src="a.png">', None),
        ("a.html", "<code>&lt;script src=&quot;https://alphacut.example/embed.js&quot;</code>", None),
        ("a.css", "a { background: url(data:image/svg+xml;utf8,<svg xmlns='http://www.w3.org'/>) }", None),
    ],
)
def test_what_comes_from_elsewhere_is_found(tmp_path: Path, name: str, text: str, found: str | None) -> None:
    (tmp_path / name).write_text(text)
    assert list(docs.loaded_from_elsewhere(tmp_path)) == ([(name, found)] if found else [])


def test_pages_have_no_script_or_style_inside(built: Path) -> None:
    for path in built.rglob("*.html"):
        text = path.read_text("utf-8")
        scripts = re.findall(r"<script\b([^>]*)>", text)
        assert all("src=" in script or "application/json" in script for script in scripts), path.name
        assert "<style" not in text
        assert not re.search(r'\s(style|on\w+)="', text), path.name
    assert list((built / SCRIPTS).iterdir())


def test_marks_and_attributes_of_tests_are_not_shown(built: Path) -> None:
    text = "".join(path.read_text("utf-8") for path in built.rglob("*.html"))
    assert "fill:" not in text
    assert "```" not in text
    assert "{site}" not in text
    assert "expect=" not in text


@pytest.mark.parametrize(
    ("site", "embedded", "named"),
    [
        ("../", "../embed.js", "https://alphacut.example/"),
        ("https://tools.example/cut/", "https://tools.example/cut/embed.js", "https://tools.example/cut/"),
    ],
)
def test_pages_embed_and_name_the_site_they_are_built_for(
    tmp_path: Path, site: str, embedded: str, named: str
) -> None:
    text = (docs.build(site, tmp_path) / "embed.html").read_text("utf-8")
    assert f'<script type="module" src="{embedded}"></script>' in text
    assert f"{named}embed.html" in text
    assert ("alphacut.example" in text) == (site == "../")


def test_an_address_without_slash_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert docs.main(["--site", "https://tools.example/cut", "--out", str(tmp_path)]) == 1
    assert "ends in /" in capsys.readouterr().err


def test_a_broken_link_ends_the_build(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(FILLERS, "parts", lambda: "[gone](gone.md)")
    with pytest.raises(MkDocsException, match="strict"):
        docs.build(out=tmp_path)


# ---- what is filled in -------------------------------------------------------------------------------


def test_an_unknown_mark_is_an_error() -> None:
    with pytest.raises(DocsError, match=r"a\.md: nothing is called prices"):
        fill("<!-- fill: prices -->", "a.md")


def test_an_example_that_is_missing_is_an_error() -> None:
    with pytest.raises(DocsError, match=r"no examples/gone\.html"):
        fill("<!-- fill: example gone.html -->", "a.md")


def test_every_model_is_told_with_its_licence_and_notice() -> None:
    page = fill((DOCS / "models.md").read_text("utf-8"), "models.md")
    for model in read_models().values():
        for words in (f"`{model.id}`", model.licence.name, model.licence.notice, model.published.sha256):
            assert words in page


def test_a_site_that_is_relative_leaves_snippets_alone() -> None:
    text = "import 'https://alphacut.example/alphacut.js'; {site}embed.js"
    assert with_site(text, "../") == "import 'https://alphacut.example/alphacut.js'; ../embed.js"
    assert with_site(text, "https://a.example/b/") == "import 'https://a.example/b/alphacut.js'; " + (
        "https://a.example/b/embed.js"
    )


def test_the_version_is_that_of_the_package() -> None:
    pages = "".join(path.read_text("utf-8") for path in DOCS.rglob("*.md"))
    assert set(re.findall(r"alphacut-(\d+\.\d+\.\d+)", pages)) == {alphacut.__version__}


# ---- fences ------------------------------------------------------------------------------------------


def test_fences_are_listed_with_what_is_said_of_them() -> None:
    first, second = snippets(FENCES, "a.md")
    assert first == Snippet("a.md", 3, "html", "<p>One</p>\n", {"expect": "#a b", "photo": ""})
    assert (second.line, second.language, second.title) == (9, "md", "two.md")
    assert second.text == "```bash\ninside\n```\n"


def test_readers_see_language_and_title_alone() -> None:
    shown = for_readers(FENCES)
    assert "```html\n<p>" in shown
    assert '  ````md title="two.md"\n' in shown
    assert [snippet.text for snippet in snippets(shown, "a.md")] == [s.text for s in snippets(FENCES, "a.md")]


@pytest.mark.parametrize(
    "text", ["```html\nnever closed\n", "```\nno language\n```\n", "```js {1,2}\na\n```\n"]
)
def test_odd_fences_are_refused(text: str) -> None:
    with pytest.raises(SnippetError):
        snippets(text, "a.md")


@pytest.mark.parametrize("info", ["ruby", "bash", "nginx", "bash cli build"])
def test_a_fence_that_nothing_runs_is_an_error(info: str) -> None:
    (snippet,) = snippets(f"```{info}\nputs 1\n```\n", "a.md")
    with pytest.raises(SnippetError, match="nothing runs"):
        runner_of(snippet)


def test_every_fence_has_a_runner_and_every_runner_a_test() -> None:
    used = {runner_of(snippet) for snippet in docs.all_snippets()}
    assert used == {name for flags in RUNNERS.values() for name in flags.values()} | {"example"}
    sources = "".join(path.read_text("utf-8") for path in (ROOT / "tests").glob("*/test_docs*.py"))
    missing = {name for name in used if not re.search(rf'@each\("{name}"\)|all_of\("{name}"\)', sources)}
    assert not missing


def test_what_pages_show_as_code_is_what_is_listed(built: Path) -> None:
    shown = sum(path.read_text("utf-8").count('<div class="highlight">') for path in built.rglob("*.html"))
    assert shown == len(docs.all_snippets()) > 40
