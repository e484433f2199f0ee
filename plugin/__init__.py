"""SignGate: the quality gate between a radiologist's signature and the hospital."""

__version__ = "0.1.0"
