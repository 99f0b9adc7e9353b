"""The takes that a person approved, and which of several takes is the best."""
