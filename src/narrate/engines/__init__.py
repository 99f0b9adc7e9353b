"""Engines: a module or package each. `narrate.workers` runs each in a process of its own."""
