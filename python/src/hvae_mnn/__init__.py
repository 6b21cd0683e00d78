"""From a PyTorch network to the files that `hvae import` reads."""

from ._export import ExportError, export

__all__ = ["ExportError", "export"]
__version__ = "0.1.0"
