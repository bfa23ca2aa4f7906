"""Segmentation by intensity alone."""
