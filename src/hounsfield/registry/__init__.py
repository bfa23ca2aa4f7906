"""Tables of names: what there is, known without importing any of it."""
