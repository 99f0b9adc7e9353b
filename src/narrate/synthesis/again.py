"""Does an engine repeat itself? Asked where clips are replaced by others of the same request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from narrate.cache import Gone, Store
from narrate.planning.plan import Miss
from narrate.store.entry import Clip


def sounds(store: Store, misses: Iterable[Miss]) -> dict[bytes, str]:
    """A digest of the samples of each spoken clip that is to be replaced, by canonical form."""
    utterances = [miss.utterance for miss in misses]
    forms = [each.canonical for each in utterances if each.replace and each.request]
    found = {form: store.find(form) for form in forms}
    digests = {form: _digest(store, clip) for form, clip in found.items() if clip}
    return {form: digest for form, digest in digests.items() if digest}


def repeated(
    store: Store, misses: Iterable[Miss], before: Mapping[bytes, str], clips: Mapping[bytes, Clip]
) -> list[Miss]:
    """The misses whose new clips have the samples of the old ones."""
    forms = {
        form for form, old in before.items() if form in clips and _digest(store, clips[form]) == old
    }
    return [miss for miss in misses if miss.utterance.canonical in forms]


def _digest(store: Store, clip: Clip) -> str:
    """Of a clip's samples; "" for one that cannot be read."""
    try:
        return store.sound(clip)
    except Gone:
        return ""
