"""alphacut removes the background of photos.

The same code runs in the browser (Pyodide, network on onnxruntime-web) and under CPython (native
onnxruntime). Core modules import the standard library, NumPy and Pillow only; `onnx_graph` also
onnx, `native` also onnxruntime; only `alphacut.browser` knows JavaScript. A test enforces it.
"""

__version__ = "0.1.0"
