"""Is a text in the language in which it is to be spoken?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from narrate.base.languages import CODES, NAMES
from narrate.base.text import counted, quoted
from narrate.planning.plan import Miss

LETTERS = 60
"""A shorter text is judged together with those after it."""

SURE = 0.99
"""On 6,246 English paragraphs of technical documents and source code, nothing was this sure of
another language; on lessons in six other languages, all were.
"""


ENGLISH = frozenset(
    [
        "the",
        "of",
        "and",
        "is",
        "that",
        "with",
        "this",
        "are",
        "for",
        "you",
        "it",
        "which",
        "as",
        "by",
    ]
)
"""Words that make up a fifth of ordinary English, and are rare in other languages."""


def warning(misses: Iterable[Miss]) -> str | None:
    """A warning if texts that will be spoken are plainly in another language than they declare."""
    groups = [
        (code, group)
        for code, group in _groups(misses)
        if _letters(group) >= LETTERS and not (code == "en" and _is_english(_text(group)))
    ]
    found = _identified([_text(group) for _, group in groups]) if groups else []
    wrong = [
        (code, group, other)
        for (code, group), other in zip(groups, found, strict=True)
        if other not in ("", code)
    ]
    if not wrong:
        return None
    declared, first, other = wrong[0]
    texts = counted(sum(len(group) for _, group, _ in wrong), "text")
    return (
        f"segment {quoted(first[0].segment.id)} seems to be {NAMES[other].title()}, but it is "
        f"spoken as {NAMES[declared].title()} ({texts} in all); set `language`, "
        "or choose an engine and a voice that speak it"
    )


def _is_english(text: str) -> bool:
    """Whether so many words are ones of English alone that no identifier needs to be loaded."""
    words = re.findall(r"[^\W\d_]+", text.lower())
    return 10 * sum(word in ENGLISH for word in words) >= len(words)


def _identified(texts: Sequence[str]) -> list[str]:
    """The code of each text's language; "" where it is not certain."""
    # It takes half a second to load.
    from py3langid import langid

    identifier = langid.LanguageIdentifier.from_model_file(langid.MODEL_FILE, norm_probs=True)
    identifier.set_languages([*NAMES])
    guesses = [identifier.classify(text) for text in texts]
    return [code if probability > SURE else "" for code, probability in guesses]


def _groups(misses: Iterable[Miss]) -> Iterator[tuple[str, list[Miss]]]:
    """Texts in a known language, so many together that they can be judged."""
    pending: dict[str, list[Miss]] = {}
    for miss in misses:
        language = _declared(miss)
        if language in NAMES:
            group = pending.setdefault(language, [])
            group.append(miss)
            if _letters(group) >= LETTERS:
                yield language, pending.pop(language)
    yield from pending.items()


def _declared(miss: Miss) -> str:
    """The code of the language in which an engine will speak; "" where nobody would hear it."""
    request, choice = miss.utterance.request, miss.utterance.choice
    if request is None or choice is None or choice.capabilities.for_tests:
        return ""
    return CODES.get(request.language, request.language.split("-")[0])


def _text(group: list[Miss]) -> str:
    return " ".join(miss.utterance.text for miss in group)


def _letters(group: list[Miss]) -> int:
    return sum(map(str.isalpha, _text(group)))
