"""Clips as sounds of a page: files, waveforms, words with their times, and numbers."""
