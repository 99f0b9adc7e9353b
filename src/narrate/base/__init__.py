"""General tools that know nothing about narration: files, limits, units, events."""
