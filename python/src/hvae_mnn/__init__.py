"""From a PyTorch network to the files that `hvae import` reads."""

from ._export import ExportError, export
from .export_checkpoint import export_checkpoint

__all__ = ["ExportError", "export", "export_checkpoint"]
__version__ = "0.1.0"
