"""Speaking again with an engine that repeats itself: it is said that nothing has changed."""

from __future__ import annotations

import pytest

from support.project import Narrate, lines

SAME = "warning: spoken again, and the sound is the same: "


@pytest.mark.parametrize("engine", ["hibari", "tone"])
def test_an_engine_that_repeats_itself_is_named(narrate: Narrate, engine: str) -> None:
    narrate.env["NARRATE_ENGINE"] = engine
    narrate.write("script.json", lines("Say it again.", "And this."))
    assert "the same" not in narrate("run").err
    ran = narrate("run", "script.json", "s1", "-f")
    assert ran.code == 0
    assert f"{SAME}s1; {engine} repeats itself for the same request, and another `take`" in ran.err
    assert f"{SAME}s1, s2; " in narrate("run", "-f").err
    narrate.write("script.json", lines("Say it again.", "And this.", take=2))
    assert "the same" not in narrate("run", "-f").err
    assert "the same" in narrate("run", "-f").err


def test_an_engine_that_does_not_is_left_alone(narrate: Narrate) -> None:
    """A clip of the same request with other samples is what a person asked for."""
    narrate.env["NARRATE_ENGINE"] = "tone"
    narrate.write("script.json", lines("Say it again.", "And this."))
    narrate.run()
    program = (
        "from narrate.engines import tone\nimport narrate.synthesis.again as again\n"
        "again._digest = lambda store, clip, n=iter(range(99)): str(next(n))\n"
        "from narrate.cli.app import start\nimport sys\nstart(['.', *sys.argv[1:]])\n"
    )
    ran = narrate("run", "-f", program=("-c", program))
    assert ran.code == 0, ran.err
    assert "the same" not in ran.err
