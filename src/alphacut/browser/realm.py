"""JavaScript itself, for a page where nobody passes it in: the one module that imports `js` and `pyodide`."""

from __future__ import annotations

import js
from pyodide import ffi
from pyodide.code import run_js

from alphacut.browser.page import PageModels, installed_from


def page_models() -> PageModels:
    """Make the backend of the page, or of the worker, in which Pyodide runs."""
    # JavaScript imports modules by syntax alone, which Python does not have: the one line that is evaluated.
    load = run_js("(address) => import(address)")
    return PageModels(ffi, js.Object.fromEntries, load, installed_from())
