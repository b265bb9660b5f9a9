"""Runs inside Pyodide (see pack_python.mjs): /input, wheels and the standard library, becomes /output, a tar.

Compiling is most of Pyodide's start: better done once, here. The tar is laid out as /lib/python3.x is.
"""

import importlib.util
import io
import marshal
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

WITHOUT_DOCSTRINGS = 2  # nobody reads them here, and each visitor would download them
# Debuggers, servers, mail, windows, installers, and the pure twins of modules that are compiled in.
LEFT_OUT = frozenset(
    """
    _pydatetime _pydecimal _pyio _pyrepl bdb cProfile curses doctest ensurepip ftplib idlelib imaplib mailbox
    multiprocessing nntplib pdb poplib profile pstats pydoc pydoc_data smtplib socketserver test tkinter
    turtle turtledemo unittest venv wsgiref xmlrpc zipapp
    """.split()
)
# Of NumPy and Pillow: what tests, compiles or draws in windows. Of alphacut: what only CPython can run.
LEFT_OUT_OF_PACKAGES = (
    "/tests/", "numpy/f2py/", "numpy/_pyinstaller/", "PIL/_imagingtk",
    "alphacut/store/", "alphacut/command/", "alphacut/cli.py", "alphacut/native.py",
)  # fmt: skip
# Of the folders where Python looks for modules, the one of its own that is not a zip file.
FOLDER, PACKAGES = "lib-dynload", "site-packages"
UNCHECKED_HASH = (1).to_bytes(4, "little")


def compiled(name: str, source: bytes) -> bytes:
    """Make a .pyc that is used without looking for its source; tracebacks show `name` and line numbers."""
    # Our own classes keep their docstrings: a dataclass without one works out a text to have instead.
    level = 0 if name.startswith("alphacut/") else WITHOUT_DOCSTRINGS
    code = compile(source, name, "exec", dont_inherit=True, optimize=level)
    # Through marshal and back: how objects are shared, and so the bytes, must not depend on the compiler.
    stable = marshal.dumps(marshal.loads(marshal.dumps(code)))
    return importlib.util.MAGIC_NUMBER + UNCHECKED_HASH + importlib.util.source_hash(source) + stable


def is_wanted(name: str, *, in_package: bool) -> bool:
    """Whether a file of an archive can be of use in the browser."""
    if not in_package:
        return not name.endswith("/") and name.partition("/")[0].removesuffix(".py") not in LEFT_OUT
    if name.endswith(".dist-info/METADATA"):  # tells installers that the package is there
        return True
    return name.endswith((".py", ".so")) and not any(part in name for part in LEFT_OUT_OF_PACKAGES)


def files() -> Iterator[tuple[str, bytes]]:
    """Give every wanted file, compiled where it is Python, with its place below /lib/python3.x."""
    for path in sorted(Path("/input").iterdir()):
        in_package = path.suffix == ".whl"
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                if is_wanted(name, in_package=in_package):
                    data, place = archive.read(name), f"{PACKAGES if in_package else FOLDER}/{name}"
                    yield (f"{place}c", compiled(name, data)) if name.endswith(".py") else (place, data)


with tarfile.open("/output", "w", format=tarfile.USTAR_FORMAT) as tar:
    for name, data in sorted(files()):
        entry = tarfile.TarInfo(name)
        entry.size = len(data)
        tar.addfile(entry, io.BytesIO(data))
