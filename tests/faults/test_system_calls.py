"""A fault at each system call that touches the cache or the outputs: a kill right before it, or an
error from it.
"""

from __future__ import annotations

import random
import shutil
import sys
from collections import Counter
from pathlib import Path

import pytest

from narrate.cache import Store
from narrate.request import key
from support.harness import Figures
from support.injection import Call, Subject, clips, half_stamps, halves, temps
from support.project import Narrate, Ran, contents, lines

ERRORS = ("EIO", "ENOSPC", "EDQUOT", "EACCES", "EROFS")

PUTS = """
import sys
from pathlib import Path
from narrate.cache import Gone, Store
from narrate.errors import NarrateError

def put(store, text, level, replace):
    samples = bytes([level]) * 2000
    clip = store.put(b'{"text":"%s"}' % text.encode(), samples, 24000, {}, replace=replace)
    try:
        assert store.read(clip) == samples
    except Gone:
        return put(store, text, level, replace)
    print("stored", text, flush=True)

try:
    with Store(Path(sys.argv[1]), lambda message: print("warned", message, flush=True)) as store:
        put(store, "new", 1, False)
        put(store, "old", 2, True)
except NarrateError as error:
    sys.exit(error.exit_code)
"""
"""Stores two clips, the second in place of an older take, and says so of each."""


def sound(level: int) -> bytes:
    return bytes([level]) * 2000


def key_of(text: str) -> str:
    return key(b'{"text":"%s"}' % text.encode())


class Puts(Subject):
    """The store by itself, in a folder that is absent or that holds an older take and what a dead
    writer left.
    """

    def __init__(self, root: Path, used: bool) -> None:
        cache = self.cache = root / "cache"
        super().__init__(root, [sys.executable, "-c", PUTS, str(cache)], root, {}, [cache])
        self.calm()
        self.entries = contents(cache / "v1")
        self.before = {key_of("old"): sound(0)} if used else {}
        shutil.rmtree(cache)
        if used:
            Store(cache).put(b'{"text":"old"}', sound(0), 24_000, {})
            (cache / "tmp" / "1-00000000dead").write_bytes(b"half")
        self.keep()

    def damage(self, ran: Ran) -> Counter[str]:
        """What is lost of that which was stored, before or by this run; what is torn."""
        said = ran.out.partition("warned")[0]
        new = {key_of("new"): sound(1), key_of("old"): sound(2)}
        stored = {key_of(text) for text in ("new", "old") if f"stored {text}\n" in said}
        held = clips(self.cache)
        older = {name: data for name, data in self.before.items() if name not in stored}
        return Counter(
            lost=len((stored | self.before.keys()) - held.keys()),
            torn=sum(data not in (new[name], older.get(name)) for name, data in held.items()),
        )

    def is_right(self, ran: Ran) -> bool:
        """Whether a run that ended well did all that it should."""
        return ran.out.count("stored") == 2

    def finished(self) -> bool:
        return contents(self.cache / "v1") == self.entries

    def temps(self, ran: Ran) -> list[Path]:
        return temps(self.cache)


class Outputs(Subject):
    """A run that has only to write its files, into a new folder or over an older narration."""

    def __init__(self, tone: Narrate, over_older: bool) -> None:
        self.tone = tone
        tone.write("script.json", lines("The same.", "An older line.", "One line more."))
        tone.run()
        self.old = tone.outputs() if over_older else {}
        older = tone.out.rename(tone.root / "older")
        tone.write("script.json", lines("The same.", "A newer line."))
        tone.run()
        self.new, self.sounds = tone.outputs(), clips(tone.cache)
        for folder in (tone.out.parent, tone.cache / "stamps"):
            shutil.rmtree(folder)
        if over_older:
            shutil.copytree(older, tone.out)
        command = [sys.executable, "-m", "narrate", "run", "script.json"]
        super().__init__(tone.root, command, tone.folder, tone.env, [tone.cache, tone.out.parent])
        self.cache = tone.cache
        self.keep()

    def damage(self, ran: Ran) -> Counter[str]:
        """What is lost and torn of the cache, and the outputs that are neither old nor new."""
        held, outputs = clips(self.cache), self.tone.outputs()
        wrong = [name for name, data in held.items() if data != self.sounds[name]]
        gone = [name for name in self.old.keys() & self.new.keys() if name not in outputs]
        return Counter(
            lost=len(self.sounds.keys() - held.keys()) + len(gone),
            torn=len(wrong) + len(halves(self.tone.out, self.new, self.old)),
        )

    def is_right(self, ran: Ran) -> bool:
        return self.tone.outputs() == self.new

    def finished(self) -> bool:
        return self.tone.outputs() == self.new

    def temps(self, ran: Ran) -> list[Path]:
        # After a run that ended well there is nothing to do, not even about a folder that it could
        # not remove.
        return [*temps(self.cache), *(self.tone.out.glob(".narrate-*") if ran.code else ())]


Target = tuple[Puts | Outputs, Call]


@pytest.fixture(scope="module")
def targets(tmp_path_factory: pytest.TempPathFactory) -> list[Target]:
    """Every system call of the store, unused and used, and of writing the outputs, where there are
    none and older.
    """
    folders = [tmp_path_factory.mktemp(name) for name in ("unused", "used", "new", "older")]
    tones = [Narrate(folder, NARRATE_ENGINE="tone") for folder in folders[2:]]
    subjects: list[Puts | Outputs] = [
        Puts(folders[0], False),
        Puts(folders[1], True),
        Outputs(tones[0], False),
        Outputs(tones[1], True),
    ]
    return [(subject, call) for subject in subjects for call in subject.calls()]


KILL = "signal=KILL"
STALE = ("segments/s3.wav", 'run.json", O_RDONLY')
"""Calls that, when they fail, might leave a file in the outputs that is no longer made."""


def strike(target: Target, fault: str) -> tuple[Counter[str], str]:
    """Run once with a fault and once without; count what went wrong, and tell of it."""
    subject, call = target
    ran, hit = subject.hurt(call, fault)
    found = subject.damage(ran) + (Counter() if fault == KILL else ending(subject, ran))
    found["missed"] = not hit
    found["unlike"] = subject.calm().code != 0 or not subject.finished()
    found["temps"] = len(subject.temps(ran))
    found = +found
    return (
        found,
        f"{type(subject).__name__}, {fault} at {call}: {dict(found)}\n{ran.out}{ran.err}"
        if found
        else "",
    )


def ending(subject: Puts | Outputs, ran: Ran) -> Counter[str]:
    """A run ends well, or with the code for the environment and no traceback."""
    return Counter(
        tracebacks=ran.code not in (0, 6) or "Traceback" in ran.err,
        wrong=ran.code == 0 and not subject.is_right(ran),
    )


def check(
    figures: Figures,
    harness: str,
    targets: list[Target],
    faults: list[tuple[Target, str]],
    harms: str,
) -> None:
    """Strike with every fault, report, and accept no harm."""
    struck = [strike(*fault) for fault in faults]
    counts = sum((found for found, _ in struck), Counter())
    hits = {"kills" if harness == "steps" else "faults": len(faults) - counts["missed"]}
    harm = {name: counts[name] for name in harms.split()}
    same = f"{len(faults) - counts['unlike']}/{len(faults)}"
    figures.report(harness, calls=len(targets), **hits, **harm, identical=same)
    assert faults
    if words := "\n".join(told for _, told in struck if told):
        pytest.fail(words, pytrace=False)


@pytest.mark.slow
def test_a_kill_at_any_system_call_loses_nothing_and_tears_nothing(
    targets: list[Target], figures: Figures
) -> None:
    chosen = random.Random(5).sample(targets, figures.size(12, len(targets)))
    check(figures, "steps", targets, [(target, KILL) for target in chosen], "lost torn temps")


@pytest.mark.slow
def test_an_error_from_any_system_call_is_survived(targets: list[Target], figures: Figures) -> None:
    faults = [(target, f"error={name}") for target in targets for name in ERRORS]
    chosen = random.Random(6).sample(faults, figures.size(12, len(faults)))
    check(figures, "errno", targets, chosen, "lost torn temps tracebacks")


def test_a_kill_within_a_stamp_leaves_nothing_for_ever(targets: list[Target]) -> None:
    subject, call = next(
        target for target in targets if target[1].name == "rename" and "/stamps/" in target[1].shown
    )
    subject.hurt(call, KILL)
    subject.calm()
    assert half_stamps(subject.cache) == []


@pytest.mark.parametrize("words", STALE)
def test_a_file_that_is_no_longer_made_does_not_stay_unseen(
    targets: list[Target], words: str
) -> None:
    subject, call = next(target for target in reversed(targets) if words in target[1].shown)
    ran, _ = subject.hurt(call, "error=EIO")
    subject.calm()
    assert ran.code == 6 or subject.finished()
