"""Runs inside Pyodide (see compile_stdlib.mjs): /input, a zip of .py files, becomes /output, one of .pyc.

Compiling the standard library is most of Pyodide's start: better done once, here.
"""

import importlib.util
import marshal
import zipfile

EPOCH = (2020, 1, 1, 0, 0, 0)  # the same input makes the same output
WITHOUT_DOCSTRINGS = 2  # nobody reads them here, and each visitor would download them
# Debuggers, servers, mail, windows, installers, and the pure twins of modules that are compiled in.
LEFT_OUT = frozenset(
    """
    _pydatetime _pydecimal _pyio _pyrepl bdb cProfile curses doctest ensurepip ftplib idlelib imaplib mailbox
    multiprocessing nntplib pdb poplib profile pstats pydoc pydoc_data smtplib socketserver test tkinter
    turtle turtledemo unittest venv wsgiref xmlrpc zipapp
    """.split()
)
UNCHECKED_HASH = (1).to_bytes(4, "little")


def compiled(name: str, source: bytes) -> bytes:
    """Make a .pyc that is used without looking for its source."""
    code = compile(source, name, "exec", dont_inherit=True, optimize=WITHOUT_DOCSTRINGS)
    # Through marshal and back: how objects are shared, and so the bytes, must not depend on the compiler.
    stable = marshal.dumps(marshal.loads(marshal.dumps(code)))
    return importlib.util.MAGIC_NUMBER + UNCHECKED_HASH + importlib.util.source_hash(source) + stable


with zipfile.ZipFile("/input") as sources, zipfile.ZipFile("/output", "w", zipfile.ZIP_DEFLATED) as target:
    for entry in sorted(sources.infolist(), key=lambda entry: entry.filename):
        if entry.is_dir() or entry.filename.split("/")[0].removesuffix(".py") in LEFT_OUT:
            continue
        data, name = sources.read(entry), entry.filename
        if name.endswith(".py"):
            name, data = f"{name}c", compiled(name, data)
        made = zipfile.ZipInfo(name, EPOCH)
        made.compress_type = zipfile.ZIP_DEFLATED
        target.writestr(made, data)
