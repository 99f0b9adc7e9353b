"""Clips -> the files that a video build reads."""
