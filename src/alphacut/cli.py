"""The command `alphacut`."""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence

from alphacut.errors import AlphacutError

DONE, FAILED, USAGE, NO_MODEL, INTERRUPTED = 0, 1, 2, 3, 130
"""Exit statuses; `alphacut --help` says what they mean."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; return the exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # tidied up after, like Ctrl-C
    try:
        return _models(given[1:]) if given[:1] == ["models"] else _photos(given)
    except KeyboardInterrupt:
        print("\nalphacut: interrupted; what was finished is there", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        from alphacut.command.standard_output import let_go

        let_go()
        return FAILED
    except AlphacutError as error:
        return _refused(error)


def _photos(arguments: Sequence[str]) -> int:
    from alphacut.command.arguments import read_arguments  # what this needs takes a moment to import
    from alphacut.command.photos import UsageError, plan

    settings = read_arguments(arguments)
    from alphacut.command.report import Report
    from alphacut.command.telling import say
    from alphacut.command.work import Work

    try:
        planned = plan(settings)
    except UsageError as error:
        say(str(error))
        return USAGE
    report = Report(len(planned.photos), model=settings.model, wants_json=settings.json)
    work = Work(settings, planned, report)
    try:
        work.run()
    except AlphacutError as error:
        report.stopped(work.at, error)
        return _status(error)
    return FAILED if report.failures else DONE


def _models(arguments: Sequence[str]) -> int:
    from alphacut.command.models import run

    return run(arguments)


def _refused(error: AlphacutError) -> int:
    from alphacut.command.telling import say, words

    say(words(error))
    return _status(error)


def _status(error: AlphacutError) -> int:
    from alphacut.command.licences import NoModelError
    from alphacut.store.catalog import CatalogError

    return NO_MODEL if isinstance(error, NoModelError | CatalogError) else FAILED
