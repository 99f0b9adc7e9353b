"""Checks of a clip: is it speech, and does it say its text?"""
