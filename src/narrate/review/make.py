"""`narrate review` in one function: a script -> the folder of its page."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from narrate import build
from narrate.base.events import Emit
from narrate.base.text import encodable
from narrate.output import overwrite, place, record
from narrate.review import page, sample
from narrate.review.folder import Folder, Shown
from narrate.review.gather import Gatherer
from narrate.review.model import Line, Review
from narrate.script import parent_of
from narrate.session import Session, opened


def review(
    source: str | Path,
    flags: Mapping[str, Any],
    emit: Emit,
    *,
    out: Path | None = None,
    share: str = "",
) -> tuple[Path, Review]:
    """Write the review page of a script into `out`, or beside its narration; return the page's
    path and what it shows. Nothing is spoken.

    `share` is a sample such as 5%, or "" for none. Raises what `build.plan` raises, UsageError for
    a folder that is not ours to write to, and EnvironmentProblem if it cannot be written.
    """
    with opened([build.prepare(source, flags, emit)], emit) as sessions:
        session = sessions[0]
        plan = session.plan()
        chosen = sample.ids(session.script.segments, share) if share else frozenset[str]()
        folder = open_folder(session, out, "review")
        last = record.recall(session.out)
        gatherer = Gatherer(session, plan, folder, last, chosen)
        content = _content(session, tuple(gatherer.lines()))
        shown = Shown(
            build=last.started,
            lines={line.id: line.of for line in content.lines},
            before=dict(gatherer.before()),
        )
        return folder.finish(page.html("review", content), shown), content


def open_folder(session: Session, out: Path | None, name: str) -> Folder:
    """The folder of a page: the one that the user named, or one with this name beside the folders
    of narrations. Raises UsageError or EnvironmentProblem.
    """
    path = out or session.base.with_name(name) / session.out.relative_to(session.base)
    if out is None:
        overwrite.check_links(path, parent_of(session.script))
    return Folder(path, place.mark(path, session.script.path))


def _content(session: Session, lines: tuple[Line, ...]) -> Review:
    script = session.script
    return Review(
        title=script.title or "",
        script=encodable(script.named),
        stem=encodable(Path(place.name_of(script.path)).stem),
        lines=lines,
    )
