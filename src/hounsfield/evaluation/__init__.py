"""Metrics, matching and bootstrap: it compares values, and knows no file and no task."""
