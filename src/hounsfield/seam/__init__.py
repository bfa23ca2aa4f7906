"""What every method and every verb agree on. Imports neither torch nor numpy: cards are read for usage mistakes."""

from hounsfield.seam.card import Card, Option, read_card
from hounsfield.seam.method import Cases, Method, Trained
from hounsfield.seam.run import Cache, Checkpoint, Checkpoints, Clock, Fabric, RunContext, Stopped, Track

__all__ = [
    "Cache", "Card", "Cases", "Checkpoint", "Checkpoints", "Clock", "Fabric", "Method", "Option",
    "RunContext", "Stopped", "Track", "Trained", "read_card",
]  # fmt: skip
