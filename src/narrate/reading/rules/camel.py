"""Names with a capital inside: `camelCase`, but not `iPhone`."""

from __future__ import annotations

import re

from narrate.reading.rules.form import LETTERS, Form, words
from narrate.reading.rules.identifiers import say_identifier

NAME = "camel case"

_NOT_CAMEL = words(
    """
    iPhone iPhones iPad iPads iPod iMac iCloud iTunes eBay eBook eBooks eCommerce eSIM eSports 
    macOS iOS iPadOS tvOS watchOS visionOS eGPU arXiv mRNA tRNA mTLS xAI gRPC
    """
)


def _camel(match: re.Match[str]) -> str | None:
    return None if match[0] in _NOT_CAMEL else say_identifier(match[0])


FORMS = (Form(LETTERS, r"(?<![\w.'’-])[a-z][a-z0-9]*+[A-Z]\w*+", _camel),)
