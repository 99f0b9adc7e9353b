"""The formats of scripts, each of which becomes the same tree."""
