"""What is there, what has to be spoken, and who speaks it."""
