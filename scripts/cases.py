"""Run narrate on small inputs that people have, and check what it makes of each: cases.py [FOLDER].

Each folder in FOLDER (tests/cases if none is given) is a case: its input, and expect.md, which says
what is right. The function below with the name of the case checks just that. Prints a line for each
case that is wrong, then `cases=N right=N`; exits 1 if any is wrong.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import unicodedata
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from support.project import Narrate, Ran  # noqa: E402

INVISIBLE = "\u00ad\u200b\u2060\ufeff"
BLINK = 0.8
"""Seconds for which a caption has to stand so that it can be read."""

Check = Callable[["Case"], None]
CHECKS: dict[str, Check] = {}


def check(function: Check) -> Check:
    """Have a function check the case of the same name."""
    CHECKS[function.__name__.replace("_", "-")] = function
    return function


class Case(Narrate):
    """A copy of a case's folder, and the command in it."""

    def __init__(self, root: Path, folder: Path) -> None:
        super().__init__(root)
        ignored = shutil.ignore_patterns("expect.md", "build")
        shutil.copytree(folder, self.folder, dirs_exist_ok=True, ignore=ignored)

    def made(self, source: str, *args: str, **how: Any) -> dict[str, Any]:
        """Narrate, which must succeed; the manifest."""
        ran = self("run", source, "--json", *args, **how)
        assert ran.code == 0, f"exit {ran.code}: {ran.err}"
        self.err = ran.err
        self.out = Path(ran.json["manifest"]).parent
        return dict(self.manifest)

    def refused(self, source: str, *args: str, code: int = 2) -> str:
        """Narrate, which must fail with this code before anything is spoken; what it says."""
        ran = self("run", source, *args)
        assert ran.code == code, f"exit {ran.code}: {ran.err}"
        assert not self.clips, "something was spoken"
        return ran.err

    def cues(self) -> list[tuple[float, float, list[str]]]:
        """Start and end in seconds and the lines of every caption."""
        found = []
        for block in (self.out / "narration.srt").read_text().strip().split("\n\n"):
            _, times, *lines = block.splitlines()
            start, end = (_seconds(each) for each in times.split(" --> "))
            found.append((start, end, lines))
        return found


def _seconds(clock: str) -> float:
    hours, minutes, seconds = clock.replace(",", ".").split(":")
    return 3600 * int(hours) + 60 * int(minutes) + float(seconds)


def spoken(manifest: dict[str, Any]) -> list[str]:
    """What is said, segment by segment."""
    return [segment["spoken"] for segment in manifest["segments"]]


def by_id(manifest: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The segments of a manifest by the last part of their ids."""
    return {segment["id"].split("/")[-1]: segment for segment in manifest["segments"]}


def has(text: str, *words: str) -> None:
    """Every one of the words is there."""
    missing = [word for word in words if word.lower() not in text.lower()]
    assert not missing, f"{missing} not in {text[:600]!r}"


def lacks(text: str, *signs: str) -> None:
    """None of the signs is there."""
    found = [sign for sign in signs if sign.lower() in text.lower()]
    assert not found, f"{found} in {text[:600]!r}"


@check
def a_blink(case: Case) -> None:
    case.made("script.json")
    cues = case.cues()
    assert all(end - start >= BLINK - 0.001 for start, end, _ in cues), cues
    assert all(len(" ".join(lines).split()) > 1 for _, _, lines in cues), cues


@check
def a_pause_first(case: Case) -> None:
    segment = by_id(case.made("script.json"))["b"]
    [cue] = [cue for cue in case.cues() if "answer" in " ".join(cue[2])]
    assert abs(cue[0] - segment["start"] - 8) < 0.01, (cue, segment["start"])


@check
def a_pause_inside(case: Case) -> None:
    case.made("script.json")
    cues = case.cues()
    second = next(i for i, cue in enumerate(cues) if cue[2][0].startswith("There are nine"))
    assert 9.9 < cues[second][0] - cues[second - 1][1] < 10.1, cues
    assert all(end - start < 10 for start, end, _ in cues), cues


@check
def b_attributes(case: Case) -> None:
    err = case.refused("script.md")
    has(err, "script.md:5", "script.md:7")
    kept = [
        "## Products {#products}",
        '$AB \\neq BA$ in general. {#ab say="A B is not B A in general."}',
        "The entry $c_{ij}\\,$ is a sum.",
    ]
    case.write("script.md", "\n\n".join(kept) + "\n")
    segments = by_id(case.made("script.md", "--engine", "tone"))
    assert segments["ab"]["spoken"] == "A B is not B A in general."
    [other] = [each for name, each in segments.items() if name != "ab"]
    has(other["text"], "$c_{ij}\\,$")


@check
def b_indent(case: Case) -> None:
    ran = case("run", "script.md", "--json")
    if ran.code:
        has(ran.err, "script.md:3")
    else:
        has(" ".join(each["id"] for each in ran.json["segments"]), "two-rows")


@check
def b_obsidian(case: Case) -> None:
    said = " ".join(spoken(case.made("script.md")))
    has(said, "Bring a pencil", "A matrix is a grid of", "numbers.", "the lesson on vectors")
    lacks(said, "%%", "check this", "diagram", "algebra", "[", "]", "==", "~~", "#", "^", "note")
    has(case.err, "date", "tags", "aliases")
    has(said + case("plan", "script.md", "-v").out, "A small step")


@check
def b_setext(case: Case) -> None:
    said = " ".join(spoken(case.made("script.md")))
    has(said, "Welcome to the lesson.", "Today we multiply matrices.", "That is all for now.")


@check
def c_names(case: Case) -> None:
    files = sorted((case.folder / "chapters").iterdir())
    texts = spoken(case.made("chapters"))
    assert [text.split()[0] for text in texts] == [each.read_text().split()[0] for each in files]


@check
def c_nfd(case: Case) -> None:
    [scene] = case.made("c")["scenes"]
    assert scene["id"] == unicodedata.normalize("NFC", scene["id"]), scene["id"]
    has(scene["id"], "Einführung")


@check
def c_suffix(case: Case) -> None:
    said = " ".join(spoken(case.made("c")))
    has(said, "First.", "Second.")
    has(said + case.err, "Third." if "Third." in said else "03.md")


@check
def d_stdin_bracket(case: Case) -> None:
    manifest = case.made("-", stdin=(case.folder / "script.txt").read_bytes())
    assert spoken(manifest) == ["Welcome."]


@check
def d_stdin_yaml(case: Case) -> None:
    given = (case.folder / "script.yaml").read_bytes()
    ran = case("run", "-", "--json", stdin=given)
    if ran.code:
        has(ran.err, "--format-in")
    else:
        assert [each["id"] for each in ran.json["segments"]] == ["hook", "why"]
    assert len(by_id(case.made("-", "--format-in", "yaml", stdin=given))) == 2


@check
def e_extensions(case: Case) -> None:
    ran = case("run", "script.md", "--json")
    if ran.code:
        assert re.search(r"script\.md:\d+", ran.err), ran.err
        return
    case.out = Path(ran.json["manifest"]).parent
    said = " ".join(spoken(case.manifest))
    lacks(said, ":::", "~~", "==", "[^", "[ ]", "[x]", "[!", "{{", "{%", "![", "[[", ":rocket:")
    has(said, "Mind the gap.", "An open task", "Save early.", "the page", "Definition of the term")
    has(said + case("plan", "script.md", "-v").out, "A third-level heading", "Smith, 2020")


@check
def e_ssml(case: Case) -> None:
    has(case.refused("script.json"), "<emphasis>", "segments[0]")
    ran = case("run", "p.json", "--engine", "tone")
    has(ran.err, "[beat]")
    script = json.loads((case.folder / "script.json").read_text())
    script["segments"][0]["text"] = 'First we look. <break time="1.5s"/> Then we think.'
    case.write("fixed.json", script)
    segments = by_id(case.made("fixed.json", "--engine", "tone"))
    lacks(" ".join(each["spoken"] for each in segments.values()), "<", "break", "bookmark")
    assert list(segments["b"]["marks"]) == ["A"], segments["b"]


@check
def e_toml_front(case: Case) -> None:
    ran = case("run", "script.md", "--json")
    if ran.code:
        has(ran.err, "script.md:1")
    else:
        case.out = Path(ran.json["manifest"]).parent
        assert spoken(case.manifest) == ["Hello there."]


@check
def f_recording(case: Case) -> None:
    subprocess.run([sys.executable, "make.py"], cwd=case.folder, check=True)
    ran = case("run", "script.json")
    assert ran.code == 4, f"exit {ran.code}: {ran.err}"
    has(ran.err, "ten.wav")
    manifest = case.made("script.json", "--qa", "warn")
    has(case.err, "loud.wav", "turned down", "ten.wav")
    import soundfile

    samples, _ = soundfile.read(case.out / by_id(manifest)["loud"]["file"])
    assert 0.5 < abs(samples).max() < 0.9999, abs(samples).max()
    assert all(end > start for start, end, _ in case.cues()), case.cues()


@check
def g_thai(case: Case) -> None:
    has(case.refused("script.json"), "สวัสดี", "segments[0]")


@check
def h_digits(case: Case) -> None:
    manifest = case.made("script.txt")
    lacks(case.err, "IndexError")
    assert manifest["audio"]["duration"] > 5, manifest["audio"]


@check
def i_ascii(case: Case) -> None:
    ascii_only = {"PYTHONIOENCODING": "ascii"}
    for arguments in (
        ["plan", "script.md"],
        ["run", "script.md", "--json"],
        ["run", "script.md"],
        ["run", "script.md"],
        ["status", "script.md"],
        ["why", "script.md"],
        ["cache", "ls"],
    ):
        ran: Ran = case(*arguments, env=ascii_only)
        assert ran.code == 0, (arguments, ran)
        assert (ran.out + ran.err).isascii(), (arguments, ran)
        lacks(ran.err, "Traceback", "fault of narrate")
        if "--json" in arguments:
            json.loads(ran.out)


@check
def j_many(case: Case) -> None:
    lessons = ["lesson 1.md", "lesson 2.md", "lesson 10.yaml"]
    for arguments in (["."], sorted(lessons)):
        shutil.rmtree(case.folder / "build", ignore_errors=True)
        ran = case("run", *arguments)
        assert ran.code == 0, ran.err
        assert len(list((case.folder / "build").rglob("manifest.json"))) == 3
        order = [ran.err.index(name.split(".")[0] + ".") for name in lessons]
        assert order == sorted(order), ran.err


@check
def j_two_lessons(case: Case) -> None:
    outs = {case.made(name) and case.out for name in ("lesson1.md", "lesson2.md")}
    assert len(outs) == 2, outs
    assert all((out / "narration.wav").exists() for out in outs)
    for name in ("lesson1.md", "lesson2.md"):
        ran = case("run", name)
        assert ran.code == 0, ran.err
        has(ran.err, "nothing to do")


@check
def k_abbreviations(case: Case) -> None:
    short = r"\b(Gen|Capt|Mt|Ph\.D|U\.S|Sra|Lic|Vol|Sec|cf|Ch)\.$"
    case.made("abbr/script.json", "--engine", "tone")
    ends = [" ".join(lines) for _, _, lines in case.cues()]
    segment = json.loads((case.folder / "abbr-utt/script.json").read_text())["segments"][0]
    manifest = case.made("abbr-utt/script.json", "--engine", "tone")
    ends += [" ".join(lines) for _, _, lines in case.cues()]
    assert not [end for end in ends if re.search(short, end)], ends
    assert len(manifest["segments"][0]["cache_keys"]) == 2
    from narrate.reading.pieces import split

    assert not [each for each in split(segment["text"]) if re.search(short, each.shown)]


@check
def l_clusters(case: Case) -> None:
    import wcwidth

    for name in ("thai", "zwj"):
        case.made(f"{name}/script.json", "--engine", "tone")
        text = " ".join(case.manifest["segments"][0]["text"].split())
        clusters = set(wcwidth.iter_graphemes(text))
        for _, _, lines in case.cues():
            for line in lines:
                assert set(wcwidth.iter_graphemes(line)) <= clusters, line
                assert unicodedata.category(line[0])[0] != "M", line


@check
def l_japanese(case: Case) -> None:
    case.made("script.json", "--engine", "tone")
    for _, _, lines in case.cues():
        assert all(len(line) <= 16 for line in lines), lines
        assert all(line[0] not in "。、" for line in lines), lines


@check
def m_invisible(case: Case) -> None:
    segments = by_id(case.made("script.json"))
    assert segments["a"]["cache_keys"] == segments["b"]["cache_keys"]
    shown = "".join(" ".join(lines) for _, _, lines in case.cues())
    lacks(shown + "".join(each["spoken"] for each in segments.values()), *INVISIBLE)


@check
def n_bom(case: Case) -> None:
    assert spoken(case.made("script.json")) == ["Hi there."]
    assert spoken(case.made("script.txt", "-o", "elsewhere")) == ["Hello there."]
    ran = case("run", "u16.txt")
    assert ran.code == 2
    has(ran.err, "UTF-16")


@check
def n_budget(case: Case) -> None:
    ran = case("run", "script.md")
    assert ran.code == 0, ran.err
    has(ran.err, "budget", "intro")


@check
def n_duration(case: Case) -> None:
    [segment] = case.made("script.yaml")["segments"]
    assert segment["pause_after"] == 0.5, segment


@check
def n_front_matter(case: Case) -> None:
    manifest = case.made("script.md")
    assert spoken(manifest) == ["Hello there."]
    assert manifest["title"] == "Data wrangling"


@check
def n_lines(case: Case) -> None:
    assert len(case.made("script.txt")["segments"]) == 1
    lines = case.made("script.txt", "--segments", "line")["segments"]
    assert len(lines) == len((case.folder / "script.txt").read_text().strip().splitlines())


@check
def n_mapping(case: Case) -> None:
    assert list(by_id(case.made("script.json"))) == ["opening", "core"]


@check
def n_nothing_to_say(case: Case) -> None:
    has(case.refused("script.json"), "segments[1]")


@check
def n_pause_only(case: Case) -> None:
    for name in ("script.json", "script.txt"):
        manifest = case.made(name, "-o", name.replace(".", "-"), "--engine", "tone")
        said = [each for each in manifest["segments"] if each["spoken"]]
        assert [each["spoken"] for each in said] == ["Hi.", "Ho."], said
        assert said[1]["start"] - said[0]["end"] > 1.99, said


@check
def n_scene_break(case: Case) -> None:
    manifest = case.made("script.txt")
    said = [text for text in spoken(manifest) if text]
    assert [text.split()[0] for text in said] == ["The", "Three", "Nobody"], said
    has(case.err, "script.txt:3", "script.txt:7")


def sentences(path: Path) -> Iterator[str]:
    """The texts in a table of languages and sentences that are not split as the table has them."""
    from narrate.reading.sentences import ends

    for row in path.read_text().splitlines():
        language, text = row.split("\t")
        wanted = [each.strip() for each in text.split("¦")]
        whole = ("" if language in ("ja", "zh") else " ").join(wanted)
        cuts = sorted({0, *ends(whole), len(whole)})
        found = [whole[start:end].strip() for start, end in pairwise(cuts)]
        # Two rows have opposite views of this end.
        if found != wanted and not whole.endswith("5 p.m. Bring lunch."):
            yield f"{language}: {found}"


def wrong(path: Path) -> str:
    """What narrate does wrong with a case; empty if nothing."""
    if path.suffix == ".tsv":
        return "; ".join(sentences(path))
    known = CHECKS.get(path.name)
    if known is None:
        return "nothing checks this case"
    with TemporaryDirectory() as temp:
        known(Case(Path(temp), path))
    return ""


def main(cases: Path) -> int:
    """Check every case in a folder."""
    paths = sorted(path for path in cases.iterdir() if path.is_dir() or path.suffix == ".tsv")
    right = 0
    for path in paths:
        try:
            problem = wrong(path)
        except Exception as error:  # A check fails in whatever way it does.
            problem = f"{type(error).__name__}: {error}"
        right += not problem
        if problem:
            print(f"{path.name}: {problem}")
    print(f"cases={len(paths)} right={right}")
    return int(right < len(paths))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if sys.argv[1:] else ROOT / "tests" / "cases"))
