"""The small model, for the verbs in Python."""

from small_model import model, scans, torsos, wishes

__all__ = ["model", "scans", "torsos", "wishes"]
