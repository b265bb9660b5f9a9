"""The command `alphacut`: what it is asked for, which files, what becomes of each; see `alphacut.cli`."""
