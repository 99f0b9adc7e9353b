"""Clips into the files that a video build reads."""
