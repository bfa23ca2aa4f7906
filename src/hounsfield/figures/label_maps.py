"""Stub."""
from hounsfield.figures.picture import Picture
def label_map_figure(image, truth, answer, *, title):
    return Picture(title, "")
