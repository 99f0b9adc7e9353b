"""What knows nothing of narration: files, bounds, units, events."""
