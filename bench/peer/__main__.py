"""Builds dist/bench-peer: ``python -m bench.peer``."""

from bench.peer.build import build

print(f"peer: {build()}")
