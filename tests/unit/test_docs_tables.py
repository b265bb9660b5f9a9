"""Tables of the documentation name what the code takes, all of it and nothing else."""

from __future__ import annotations

import inspect
import re

import alphacut
from alphacut.command import arguments
from tests.helpers import ROOT
from tools.docs_fill import DOCS


def column(page: str, heading: str) -> set[str]:
    """What stands as code in the first column of the first table at or after a line."""
    text = (DOCS / page).read_text("utf-8")
    table = re.search(r"(?:^\|.*\n)+", text[text.index(heading) :], re.MULTILINE)
    assert table
    rows = table[0].splitlines()[2:]
    return {name for row in rows for name in re.findall(r"`([^`]+)`", row.split("|")[1])}


def properties(script: str, typedef: str) -> set[str]:
    """Names of an object's properties, as its typedef in JSDoc has them."""
    text = (ROOT / "web" / script).read_text("utf-8")
    described = re.search(rf"@typedef {{object}} {typedef}\n(.*?)\*/", text, re.DOTALL)
    assert described
    return set(re.findall(r"@property {.*?} \[?(\w+)\]?", re.sub(r"{\((.*?)\)}", "{}", described[1])))


def test_options_of_the_embed() -> None:
    assert column("embed.md", "## Options") == properties("shared/embed-options.js", "EmbedOptions")


def test_fields_of_messages() -> None:
    page = (DOCS / "embed.md").read_text("utf-8")
    for name in ("Capabilities", "ResultMessage"):
        for field in properties("shared/embed-messages.js", name) - {"alphacut", "type"}:  # of every message
            assert f"`{field}`" in page, field
    text = (ROOT / "web" / "shared" / "embed-messages.js").read_text("utf-8")
    types = set(re.findall(r'type: "(\w+)"', text)) | set(re.findall(r'@property {"(\w+)"} type', text))
    assert types == column("embed.md", "| to the tool |") | column("embed.md", "| from the tool |")


def test_methods_of_the_element() -> None:
    script = (ROOT / "web" / "api" / "element.js").read_text("utf-8")
    public = set(re.findall(r"^  (?:async )?([a-z]\w+)\(", script, re.MULTILINE))
    own = {name for name in public if not name.endswith("Callback") and name != "constructor"}
    assert {name.partition("(")[0] for name in column("embed.md", "| method |")} == own


def test_functions_of_alphacut_js() -> None:
    script = (ROOT / "web" / "alphacut.js").read_text("utf-8")
    exported = set(re.findall(r"^export function (\w+)", script, re.MULTILINE)) | {"alphamask"}
    assert {name.partition("(")[0] for name in column("javascript.md", "| function |")} == exported


def test_config_of_alphacut_js() -> None:
    told = {name.removeprefix("output.") for name in column("javascript.md", "| in `config` |")}
    config = properties("api/config.js", "Config") | properties("api/output.js", "OutputConfig")
    only_for_moving_over = {"rescale", "proxyToWorker"}
    assert told == config - {"output"} - only_for_moving_over
    assert only_for_moving_over <= column("moving.md", "| there | here |")


def test_options_in_python() -> None:
    parameters = inspect.signature(alphacut.remove_background).parameters.values()
    options = {one.name for one in parameters if one.kind is inspect.Parameter.KEYWORD_ONLY}
    assert column("python.md", "| option |") == options


def test_options_of_the_command() -> None:
    actions = arguments._parser()._actions
    options = {option for action in actions for option in action.option_strings}
    assert column("command-line.md", "| option |") == options - {"-h", "--help", "--version"}


def test_exit_statuses_of_the_command() -> None:
    page = (DOCS / "command-line.md").read_text("utf-8")
    told = re.findall(r"^\| (\d+) \|", page[page.index("| exit status |") :], re.MULTILINE)
    assert told == re.findall(r"^  (\d+)  ", arguments.EPILOG.partition("exit status:")[2], re.MULTILINE)
