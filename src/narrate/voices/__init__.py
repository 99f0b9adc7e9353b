"""A recording becomes a voice."""
