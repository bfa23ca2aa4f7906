"""One file a folder convention: a folder to a Dataset of Cases."""
