"""What is missing is spoken, checked and stored."""
