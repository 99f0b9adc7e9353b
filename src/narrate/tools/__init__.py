"""How fast narrate is, what it lacks, and how a project starts."""
