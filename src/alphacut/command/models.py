"""`alphacut models`: which networks there are; fetches and removes them."""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Sequence

from alphacut.command.licences import NoModelError, check_licence
from alphacut.command.standard_output import write_line
from alphacut.command.telling import say
from alphacut.errors import AlphacutError
from alphacut.store.cache import Cache, remove
from alphacut.store.catalog import Model, fetched, read_models
from alphacut.store.fetch import fetch_all

EPILOG = """\
A network is fetched from where it was published, and kept only if its SHA-256 is the one that alphacut
was released with. It is kept in $ALPHACUT_CACHE, else $XDG_CACHE_HOME/alphacut or ~/.cache/alphacut.

exit status: 0 all done, 1 the list can't be written, 2 the command line makes no sense, 3 a network could not
be fetched
"""


def run(arguments: Sequence[str]) -> int:
    """Do what the command line after "models" says; return the exit status."""
    given = _parser().parse_args(arguments)
    if given.action == "fetch":
        return _fetch(given.models, accepted=given.accept_licence)
    if given.action == "remove":
        return _remove(given.models)
    write_line(_as_json() if given.json else _as_table())
    return 0


def _parser() -> argparse.ArgumentParser:
    ids = list(read_models())
    parser = argparse.ArgumentParser(
        prog="alphacut models", description="List the networks there are, fetch them, remove them.",
        epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False,
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="list as JSON, one object a line")
    actions = parser.add_subparsers(dest="action", metavar="fetch | remove")
    fetch = actions.add_parser("fetch", help="fetch networks now", allow_abbrev=False)
    fetch.add_argument("models", nargs="+", choices=ids, metavar="MODEL", help=", ".join(ids))
    fetch.add_argument(
        "--accept-licence", action="store_true", help="fetch also where the licence has a notice"
    )
    gone = actions.add_parser("remove", help="remove what was fetched", allow_abbrev=False)
    gone.add_argument("models", nargs="+", choices=ids, metavar="MODEL", help=", ".join(ids))
    return parser


def _as_table() -> str:
    rows = [("MODEL", "TITLE", "SIZE", "LICENCE", "FETCHED")]
    for model in read_models().values():
        size = f"{model.published.bytes / 1e6:.1f} MB"
        rows.append((model.id, model.title, size, model.licence.name, "yes" if fetched(model) else "no"))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = (
        "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )  # fmt: skip
    return "\n".join(lines)


def _as_json() -> str:
    return "\n".join(json.dumps(_facts(model)) for model in read_models().values())


def _facts(model: Model) -> dict[str, object]:
    return {
        "id": model.id, "title": model.title, "summary": model.summary, "default": model.default,
        "bytes": model.published.bytes, "sha256": model.published.sha256,
        "licence": model.licence.name, "url": model.licence.url, "notice": model.licence.notice,
        "credit": model.licence.credit, "fetched": fetched(model) is not None,
    }  # fmt: skip


def _fetch(ids: Sequence[str], *, accepted: bool) -> int:
    models = read_models()
    for id_ in ids:
        model = models[id_]
        say(f"{model.title}: licence {model.licence.name}, {model.licence.url}")
        if model.licence.notice:
            say(model.licence.notice)
        try:
            check_licence(id_, accepted=accepted)
            fetch_all([model.published], Cache.default(), offline=False)
        except AlphacutError as error:
            raise NoModelError(error) from error
        say(f"{id_} is here: sha256 {model.published.sha256}")
    return 0


def _remove(ids: Sequence[str]) -> int:
    cache, models = Cache.default(), read_models()
    with cache.lock():
        for id_ in ids:
            file = cache.path(models[id_].published.sha256)
            remove(file, file.with_suffix(".ok"))
            for folder in (cache.root / "networks").glob(f"{id_}-*"):
                shutil.rmtree(folder)
            say(f"{id_} is removed")
    return 0
