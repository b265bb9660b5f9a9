"""The only modules that know JavaScript.

They get the host and Pyodide's `ffi` module passed in and import neither `js` nor `pyodide`, so that
they run under CPython with a fake host.
"""
