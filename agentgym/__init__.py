"""Multi-turn tool-use environments over executable SQL worlds."""

__all__ = ["__version__"]

__version__ = "0.1.0"
