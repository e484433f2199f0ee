"""Mutual recognition (互认): which label a study may bear, and which earlier results are honoured."""
