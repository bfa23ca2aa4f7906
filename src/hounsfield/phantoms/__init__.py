"""Procedural data with exact truth, a difficulty knob and null modes. None of it looks like a real patient."""
