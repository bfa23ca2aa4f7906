"""What is wrong with the data: one file a check."""
