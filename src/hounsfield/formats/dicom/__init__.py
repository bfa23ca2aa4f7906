"""DICOM: single files and series, from bytes to images and label maps whose world is RAS millimetres."""
