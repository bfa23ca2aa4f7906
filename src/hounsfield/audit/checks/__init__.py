"""One file a check of the data: each finds one kind of fault and names the remedy."""
