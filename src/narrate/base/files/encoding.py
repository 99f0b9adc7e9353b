"""Bytes of a text file -> text: UTF-8, with or without a byte-order mark."""

from __future__ import annotations

import codecs

_MARKS = {
    # The mark of UTF-32-LE begins with that of UTF-16-LE.
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}


class NotUtf8(ValueError):
    """The bytes are not text in UTF-8; `line` is where that shows first."""

    def __init__(self, what: str, line: int) -> None:
        super().__init__(what)
        self.line = line


def decode(data: bytes) -> str:
    """The text of bytes in UTF-8, without its byte-order mark. Raises NotUtf8."""
    for mark, name in _MARKS.items():
        if data.startswith(mark):
            raise NotUtf8(f"the text is {name}, not UTF-8", 1)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        what = "the text is not UTF-8; perhaps it is Windows-1252 or Latin-1"
        raise NotUtf8(what, data.count(10, 0, error.start) + 1) from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise NotUtf8("a NUL byte, as in UTF-16 or a binary file", line)
    return text
