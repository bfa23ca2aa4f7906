"""What can be mended safely of what the checks find: one file a check. What is found is said in `audit/checks`."""
