"""The parts of the cache: entries, who uses them, archives."""
