"""Sealgate: who and what may come in, so that a copy of everything stored identifies nobody."""

__version__ = "0.1.0"
