"""What the segments of a script say, each to the engine that speaks it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from narrate.base import languages
from narrate.base.languages import CODES
from narrate.config import Settings
from narrate.engines.base import Capabilities
from narrate.errors import ScriptError
from narrate.planning import speakable
from narrate.planning.readings import Readings
from narrate.reading import lexicon, utterances
from narrate.reading.problems import Unreadable
from narrate.reading.reader import Reader
from narrate.reading.utterances import Spoken
from narrate.script import Script, Segment


def language(segment: Segment, settings: Settings, capabilities: Capabilities) -> str:
    """The engine's code for the language of a segment. Raises ScriptError."""
    default = (*capabilities.languages, "en")[0]
    wanted = segment.language or settings.language or default
    if (code := languages.among(wanted, capabilities.languages)) is None:
        raise ScriptError(
            f"the engine {capabilities.name} does not speak {wanted!r}",
            where=segment.where,
            hint="choose another engine with --engine; "
            f"{capabilities.name} speaks: {', '.join(capabilities.languages)}",
        )
    return code


class Readers:
    """Reads the segments of a script; `warnings` are what a person may not expect."""

    def __init__(self, script: Script, settings: Settings, readings: Readings) -> None:
        self.script, self.settings, self.readings = script, settings, readings
        self._made: dict[object, tuple[Reader, Callable[[str], Spoken]]] = {}
        self._uncovered: set[str] = set()
        """Languages in which there are numbers that cannot be read."""

        self._unspoken: set[tuple[str, str]] = set()
        """Engines, each with a language of a tag that it does not speak."""

    def read(self, segment: Segment, capabilities: Capabilities) -> Spoken:
        """What a segment says; of its `say`, only the tags are read. Raises ScriptErrors with all
        that cannot be read aloud.
        """
        reader, read = self._reader(segment, capabilities)
        if reader.leaves_numbers(segment.text):
            self._uncovered.add(reader.language)
        try:
            if segment.say is None:
                said = read(segment.text)
            else:
                said = utterances.read(segment.text, segment.say, lenient=True, reader=reader)
        except Unreadable as error:
            raise speakable.unreadable(error, segment) from None
        self._unspoken.update((capabilities.name, language) for language in said.unspoken)
        return said

    def _reader(
        self, segment: Segment, capabilities: Capabilities
    ) -> tuple[Reader, Callable[[str], Spoken]]:
        """What reads a segment; each way of reading is made once."""
        mode = "off" if segment.say is not None else segment.reading or self.settings.reading
        way = segment.voice, segment.language, mode
        if way not in self._made:
            code = language(segment, self.settings, capabilities)
            code = CODES.get(code, code)
            wanted = (segment.language or self.settings.language or code).lower()
            reader = Reader(
                # With its region, as numbers are not the same in all of them.
                wanted if wanted.startswith(f"{code}-") else code,
                mode,
                lexicon.chosen(self.script.lexicon, segment.voice),
                self.settings.mathematics,
                capabilities.commands,
                capabilities.languages,
            )
            self._made[way] = reader, self.readings.by(reader)
        return self._made[way]

    def warnings(self) -> Iterator[str]:
        """What was read in another way than a person may expect."""
        if self._uncovered:
            names = ", ".join(sorted(self._uncovered))
            yield f"numbers are not read in {names}: engines get the digits as they are written"
        for engine, language in sorted(self._unspoken):
            what = "what is in <lang> is read as the words around it"
            yield f"the engine {engine} does not speak {language!r}: {what}"
