"""Files that are bounded, whole, and ours."""
