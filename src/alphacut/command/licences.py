"""Whether a network may be fetched, and that it could not be."""

from __future__ import annotations

from alphacut.errors import AlphacutError
from alphacut.store.catalog import fetched, named


class NoModelError(AlphacutError):
    """The network can't be had."""

    def __init__(self, error: AlphacutError) -> None:
        super().__init__(error.message, hint=error.hint)
        self.code = error.code  # type: ignore[misc]


class LicenceError(AlphacutError):
    """A network would be fetched whose licence has a notice that nobody has accepted."""

    code = "licence"


def check_licence(id_: str, *, accepted: bool) -> None:
    """Raise LicenceError where a network must be fetched whose notice was not accepted."""
    model = named(id_)
    if model.licence.notice and not accepted and fetched(model) is None:
        raise LicenceError(
            f"{model.title} is not here yet, and its licence has a notice. {model.licence.notice}",
            hint=f"If you may use it: alphacut models fetch {id_} --accept-licence",
        )
