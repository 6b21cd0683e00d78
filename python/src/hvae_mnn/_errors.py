class ExportError(ValueError):
    """What cannot be exported: where, what was expected, what was found, what to do."""
