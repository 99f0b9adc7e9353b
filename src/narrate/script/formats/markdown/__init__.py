"""Markdown -> the tree of a script: headings are scenes, paragraphs are segments.

Every visible word becomes a segment, a title or an Omission, or is named by an error.
"""

from narrate.script.formats.markdown.scenes import read_markdown

__all__ = ["read_markdown"]
