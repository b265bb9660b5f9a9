"""Networks under CPython: which there are, fetched and checked, made ready once, opened.

The one part of the package that may ask the network for anything. The build of the site uses it too.
"""
