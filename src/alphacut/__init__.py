"""alphacut removes the background of photos.

    cutout = await alphacut.remove_background(photo)

The same code runs in the browser (Pyodide, network on onnxruntime-web) and under CPython (native
onnxruntime). Core modules import the standard library, NumPy and Pillow only; `onnx_graph` also
onnx, `native` also onnxruntime; only `alphacut.browser` knows JavaScript, only `alphacut.store` the network.
A test enforces it. Importing this imports nothing else: what is named here comes when it is asked for.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from alphacut.api import LicenceWarning, configure, dispose, preload, remove_background
    from alphacut.errors import AlphacutError

__version__ = "0.1.0"
__all__ = [
    "AlphacutError", "LicenceWarning", "__version__", "configure", "dispose", "preload", "remove_background",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """Import what is asked for (PEP 562)."""
    if name == "AlphacutError":
        from alphacut import errors as module
    elif name in __all__:
        from alphacut import api as module  # type: ignore[no-redef]
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(module, name)


def __dir__() -> list[str]:
    """List what may be asked for."""
    return sorted({*globals(), *__all__})
