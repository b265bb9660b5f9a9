"""Fuzzing the way of a file to pixels and back: seeds, damage, judgement, and the processes it runs in."""
