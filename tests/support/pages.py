"""Pages to look at in a real browser, and one made by hand that has everything."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import xxhash

from narrate.review import page
from narrate.review.folder import Folder, Shown
from narrate.review.model import Difference, Line, Rendering, Review
from narrate.review.sounds import files
from support.harness import tool

HOSTILE = (
    "</script><script>document.title = 'broken'</script>"
    "<img src=x onerror=\"document.title = 'broken'\"> &lt;b&gt; \u2028 \u202e@data@"
)


@contextmanager
def chromium() -> Iterator[Any]:
    """A browser without a window; skipped where there is none."""
    program = tool("chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program,
            args=["--no-sandbox", "--autoplay-policy=no-user-gesture-required"],
        )
        yield browser
        browser.close()


def sound(folder: Folder, seconds: float, seed: int = 0, **fields: Any) -> Rendering:
    """A short noise that comes and goes like speech, in a page's folder."""
    count = int(8000 * seconds)
    wave = np.random.default_rng(seed).normal(0, 2500, count)
    swell = np.abs(np.sin(np.linspace(0, (7 + seed % 5) * seconds, count)))
    pcm = (wave * swell).astype("<i2").tobytes()
    name = xxhash.xxh3_128_hexdigest(pcm)
    return files.placed(Rendering(**fields), pcm, 8000, name, folder)


def write(folder: Folder, *lines: Line, **fields: Any) -> Path:
    """The review page with these lines."""
    content = {"title": "A title", "script": "script.json", "stem": "script", **fields}
    return folder.finish(page.html("review", Review(lines=lines, **content)), Shown())


def everything(path: Path) -> Path:
    """A page with a line of each state, takes, attempts, words and texts that would break out."""
    folder = Folder(path, "../script.json")
    words = (("Hello", 0.1, 0.5), ("there,", 0.5, 0.8), ("you.", 0.8, 1.1))
    first = sound(folder, 1.2, 1, take=1, attempt=1, current=True, words=words)
    return write(
        folder,
        Line(
            id="intro",
            of="a",
            text="Hello there, you.",
            state="ok",
            takes=(first, sound(folder, 1.4, 2, take=2, approved=True)),
        ),
        Line(
            id="shapes",
            of="b",
            text="An m by n matrix.",
            state="flagged",
            changed="text: “An m by p matrix.” → “An m by n matrix.”",
            takes=(
                sound(
                    folder,
                    1.6,
                    3,
                    take=1,
                    current=True,
                    reasons=("it says other words",),
                    different=(Difference("n", "and", 0.4), Difference("", "matrix", 1.2)),
                    numbers=(("pace", "14.2 characters/s"), ("words", "1.2 of 1.5")),
                ),
            ),
        ),
        Line(
            id="cost",
            of="c",
            text="It costs two billion.",
            state="failed",
            refused=(sound(folder, 0.3, 4, attempt=1, reasons=("0.30 s is too short",)),),
        ),
        Line(id="later", of="d", text="Not yet.", state="missing", sample=True),
        Line(
            id="x</script>",
            of="e",
            text=HOSTILE,
            state="ok",
            takes=(sound(folder, 1.0, 5, take=1, current=True),),
        ),
        title=HOSTILE,
        script="it's here/script.json",
    )


def data(path: Path) -> Any:
    """What a page holds as data."""
    text = path.read_text(encoding="utf-8")
    return msgspec.json.decode(text.partition('id="data">')[2].partition("</script>")[0])
