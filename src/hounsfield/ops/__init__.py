"""Pure functions on arrays and tensors; they know no case and no file."""
