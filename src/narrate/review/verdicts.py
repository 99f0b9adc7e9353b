"""What a person decided on the review page -> picks and retakes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from narrate import build
from narrate.base.events import Emit, Warned
from narrate.base.files import regular
from narrate.base.limits import INDEX_BYTES
from narrate.base.text import some, unescaped
from narrate.errors import UsageError
from narrate.output import place
from narrate.review.gather import digest
from narrate.session import opened
from narrate.tools import retakes
from narrate.tools.retakes import Takes


class Verdict(msgspec.Struct, frozen=True):
    """What was decided of a line, and on what: `of` is that of the line on the page."""

    id: str
    of: str
    verdict: Literal["approve", "retake"]
    take: Annotated[int, Meta(ge=1)] = 1


class Verdicts(msgspec.Struct, frozen=True):
    """The file of verdicts as the page saves it."""

    schema: Literal["narrate.verdicts/1"]
    script: str
    verdicts: tuple[Verdict, ...]


@dataclass(frozen=True, slots=True)
class Applied:
    """The takes of the segments of which one was picked, and of those that were spoken again."""

    picked: Takes
    spoken: Takes


def read(path: Path) -> Verdicts:
    """The verdicts in a file. Raises UsageError."""
    try:
        return msgspec.json.decode(regular.read(path, INDEX_BYTES), type=Verdicts)
    except OSError as error:
        what = f"it cannot be read ({error.strerror or error})"
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        what = f"it is not a file of verdicts ({error})"
    hint = "save the verdicts on the page of `narrate review`, and name that file"
    raise UsageError(what, where=str(path), hint=hint)


def apply(path: Path, source: str, number: int, flags: Mapping[str, Any], emit: Emit) -> Applied:
    """Approve the takes that were approved on the page, in narrate.lock, and then speak `number`
    more takes of the segments that are to be spoken again.

    Verdicts on lines that are not as they were on the page are left out, with a warning. Raises
    UsageError for a file that is not of this script, and what `retakes.pick` and `retakes.speak`
    raise.
    """
    found = read(path)
    if Path(unescaped(found.script)).name != place.name_of(Path(source)):
        what = f"it is of {found.script!r}, not of {source!r}"
        raise UsageError(what, where=str(path), hint="name the script that was reviewed")
    now = _digests(source, flags)
    good = [each for each in found.verdicts if now.get(each.id) == each.of]
    if stale := [each.id for each in found.verdicts if each not in good]:
        text = f"left out, as the lines have changed since the page was made: {some(stale)}"
        emit(Warned(message=text))
    approved = {each.id: each.take for each in good if each.verdict == "approve"}
    again = [each.id for each in good if each.verdict == "retake"]
    return Applied(
        retakes.pick(source, approved, flags, emit) if approved else {},
        retakes.speak(source, again, number, None, flags, emit) if again else {},
    )


def _digests(source: str, flags: Mapping[str, Any]) -> dict[str, str]:
    """What verdicts on the segments of a script would be about now."""
    # Picking and speaking read the script too, and say what is wrong with it.
    prepared = build.prepare(source, flags, lambda event: None)
    with opened([prepared], lambda event: None) as (session,):
        plan = session.plan()
        return {each.segment.id: digest(each, session.store) for each in plan.segments}
