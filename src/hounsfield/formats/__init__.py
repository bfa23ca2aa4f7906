"""One file a file format: bytes to one value, and back."""
