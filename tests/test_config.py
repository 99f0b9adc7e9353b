"""Settings: who decides, and where a value that cannot be used came from."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narrate import config
from narrate.config import TABLES, Config, Settings, cache_dir, resolve
from narrate.errors import UsageError


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A user's configuration folder."""
    (tmp_path / "home" / "narrate").mkdir(parents=True)
    return tmp_path / "home"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project" / "talks" / "one"
    folder.mkdir(parents=True)
    return folder


def settings(
    project: Path,
    home: Path | None = None,
    flags: dict[str, Any] | None = None,
    script: dict[str, Any] | None = None,
    **environment: str,
) -> Config:
    where = {"XDG_CONFIG_HOME": str(home or project / "no home")}
    return resolve(flags or {}, script or {}, project, where | environment)


def refusal(project: Path, **sources: Any) -> UsageError:
    with pytest.raises(UsageError) as refused:
        settings(project, **sources)
    assert refused.value.hint
    return refused.value


def test_without_any_source_every_setting_has_its_default(project: Path) -> None:
    found = settings(project)
    assert found.settings == Settings()
    assert found.origins == dict.fromkeys(config.NAMES, "default")


def test_every_setting_is_described() -> None:
    assert tuple(config.ABOUT) == config.NAMES


@pytest.mark.parametrize(
    ("name", "written", "parsed"),
    [("fps", "30000/1001", Fraction(30_000, 1001)), ("cache_max_size", "1.5GB", 1_500_000_000)],
)
def test_a_setting_is_parsed_once(project: Path, name: str, written: str, parsed: object) -> None:
    found = resolve({}, {}, project, {f"NARRATE_{name.upper()}": written}).settings
    assert getattr(found, name) == parsed
    (project / "narrate.toml").write_text(f"{name} = {written!r}\ncache_dir = 'cache'")
    assert getattr(settings(project).settings, name) == parsed


def test_the_nearer_source_decides(project: Path, home: Path) -> None:
    user = home / "narrate" / "config.toml"
    mine = project / "narrate.toml"
    steps: list[tuple[str, str, dict[str, Any]]] = [("default", "en0", {})]
    user.write_text('language = "en1"')
    steps.append((str(user), "en1", {}))
    found = settings(project, home)
    assert (found.origins["language"], found.settings.language) == (str(user), "en1")
    mine.write_text('language = "en2"')
    assert settings(project, home).origins["language"] == str(mine)
    sources: dict[str, Any] = {"script": {"language": "en3"}}
    assert settings(project, home, **sources).origins["language"] == "script"
    sources["NARRATE_LANGUAGE"] = "en4"
    assert settings(project, home, **sources).origins["language"] == "NARRATE_LANGUAGE"
    sources["flags"] = {"language": "en5"}
    found = settings(project, home, **sources)
    assert (found.origins["language"], found.settings.language) == ("flag", "en5")
    assert found.origins["engine"] == "default"


def test_sources_are_merged_setting_by_setting(project: Path, home: Path) -> None:
    (home / "narrate" / "config.toml").write_text("jobs = 2\nqa = 'warn'")
    (project / "narrate.toml").write_text("jobs = 3\nformat = 'flac'")
    found = settings(
        project,
        home,
        flags={"engine": "tone", "jobs": None},
        script={"fps": 25, "language": None},
        NARRATE_TIMEOUT="7",
    ).settings
    assert (found.jobs, found.qa, found.format) == (3, "warn", "flac")
    assert (found.engine, found.fps, found.timeout) == ("tone", Fraction(25), 7.0)


def test_an_empty_variable_is_unset(project: Path) -> None:
    assert settings(project, NARRATE_ENGINE="").origins["engine"] == "default"


def test_the_nearest_project_file_is_the_only_one(project: Path) -> None:
    (project.parents[1] / "narrate.toml").write_text("jobs = 1\nqa = 'off'")
    (project.parents[0] / "pyproject.toml").write_text("[tool.narrate]\njobs = 2")
    found = settings(project)
    assert (found.settings.jobs, found.settings.qa) == (2, "strict")
    assert found.origins["jobs"] == str(project.parents[0] / "pyproject.toml")
    (project / "narrate.toml").write_text("jobs = 3")
    (project / "pyproject.toml").write_text("[tool.narrate]\njobs = 4")
    assert settings(project).settings.jobs == 3


@pytest.mark.parametrize("other", ["", "[project]\nname = 'x'", "[tool.ruff]\nline-length = 3"])
def test_a_pyproject_of_others_is_passed_over(project: Path, other: str) -> None:
    (project / "pyproject.toml").write_text(other)
    (project.parent / "narrate.toml").write_text("jobs = 2")
    assert settings(project).settings.jobs == 2


def test_every_file_that_could_have_been_read_is_told(project: Path, home: Path) -> None:
    found = settings(project, home).files
    assert found[0] == project / "narrate.toml"
    assert found[1] == project / "pyproject.toml"
    assert project.parent / "narrate.toml" in found
    assert found[-1] == home / "narrate" / "config.toml"


# Folders


@pytest.mark.parametrize("name", ["out", "cache_dir"])
def test_folders_in_a_file_are_relative_to_the_file(
    project: Path, home: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    above = project.parent / "narrate.toml"
    for written, meant in (
        ("x", above.parent / "x"),
        ("../x", above.parent / "../x"),
        ("/abs/x", Path("/abs/x")),
    ):
        above.write_text(f'{name} = "{written}"')
        assert getattr(settings(project).settings, name) == str(meant)
    monkeypatch.setenv("HOME", "/home/me")
    above.write_text(f'{name} = "~/x"')
    assert getattr(settings(project).settings, name) == "/home/me/x"
    (home / "narrate" / "config.toml").write_text(f'{name} = "y"')
    above.unlink()
    assert getattr(settings(project, home).settings, name) == str(home / "narrate" / "y")


def test_the_cache_lies_where_it_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.chdir(tmp_path)
    assert config.cache_dir(Settings(), {}) == Path("/home/me/.cache/narrate")
    assert config.cache_dir(Settings(), {"XDG_CACHE_HOME": ""}) == Path("/home/me/.cache/narrate")
    assert config.cache_dir(Settings(), {"XDG_CACHE_HOME": "/x"}) == Path("/x/narrate")
    assert config.cache_dir(Settings(cache_dir="/y"), {"XDG_CACHE_HOME": "/x"}) == Path("/y")
    assert config.cache_dir(Settings(cache_dir="~/y"), {}) == Path("/home/me/y")
    assert config.cache_dir(Settings(cache_dir="y"), {}) == tmp_path / "y"
    assert config.user_file({}) == Path("/home/me/.config/narrate/config.toml")


# What cannot be used


def test_an_unknown_setting_is_refused_and_a_near_one_named(project: Path) -> None:
    (project / "narrate.toml").write_text("formt = 'wav'")
    error = refusal(project)
    assert (error.what, error.hint) == ("there is no setting 'formt'", "did you mean 'format'?")
    assert error.where == str(project / "narrate.toml")
    (project / "narrate.toml").write_text("xyzzy = 1")
    assert "the settings are: engine, out," in refusal(project).hint
    assert refusal(project, flags={"xyzzy": 1}).where.endswith("narrate.toml")


BAD: list[tuple[str, Any]] = [
    ("jobs", 0),
    ("jobs", 65),
    ("jobs", "many"),
    ("jobs", True),
    ("format", "wma"),
    ("qa", "maybe"),
    ("fps", 0),
    ("fps", "fast"),
    ("fps", True),
    ("pause_after", -0.1),
    ("pause_after", 61),
    ("pause_after", float("nan")),
    ("timeout", 0),
    ("timeout", float("inf")),
    ("timeout", float("nan")),
    ("engine", 3),
    ("language", 3),
    ("out", 3),
    ("cache_dir", []),
]


@pytest.mark.parametrize(("name", "value"), BAD)
def test_a_value_that_cannot_be_used_is_refused_with_its_origin(
    project: Path, name: str, value: Any
) -> None:
    written = f"'{value}'" if isinstance(value, str) else str(value).lower()
    (project / "narrate.toml").write_text(f"{name} = {written}")
    error = refusal(project)
    assert error.where == str(project / "narrate.toml")
    assert error.what.startswith(f"{name} = ")
    assert "$" not in error.what


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("jobs", 0),
        ("jobs", "many"),
        ("format", "wma"),
        ("qa", "maybe"),
        ("fps", "fast"),
        ("pause_after", "nan"),
    ]
    + [("timeout", "inf"), ("timeout", "nan"), ("timeout", 0)],
)
def test_a_variable_that_cannot_be_used_is_named(project: Path, name: str, value: Any) -> None:
    assert (
        refusal(project, **{f"NARRATE_{name.upper()}": str(value)}).where
        == f"NARRATE_{name.upper()}"
    )


def test_numbers_in_variables_and_flags_may_be_text_but_not_in_files(project: Path) -> None:
    found = settings(
        project, flags={"fps": "24"}, NARRATE_JOBS="3", NARRATE_PAUSE_AFTER="0.25"
    ).settings
    assert (found.jobs, found.pause_after, str(found.fps)) == (3, 0.25, "24")
    (project / "narrate.toml").write_text("jobs = '3'")
    refusal(project)


@pytest.mark.parametrize(("written", "seconds"), [("'0.5s'", 0.5), ("'1500ms'", 1.5), ("2", 2.0)])
def test_durations_in_a_file_and_in_variables(project: Path, written: str, seconds: float) -> None:
    (project / "narrate.toml").write_text(f"pause_after = {written}\ntimeout = {written}")
    found = settings(project).settings
    assert (found.pause_after, found.timeout) == (seconds, seconds)
    (project / "narrate.toml").unlink()
    written = written.strip("'")
    found = settings(project, NARRATE_PAUSE_AFTER=written, NARRATE_TIMEOUT=written).settings
    assert (found.pause_after, found.timeout) == (seconds, seconds)
    assert "not a duration" in str(refusal(project, NARRATE_TIMEOUT="1h"))
    assert "from 0 to 60" in str(refusal(project, NARRATE_PAUSE_AFTER="61s"))


def test_a_file_may_begin_with_a_byte_order_mark(project: Path) -> None:
    (project / "narrate.toml").write_bytes(b"\xef\xbb\xbfjobs = 3")
    assert settings(project).settings.jobs == 3
    (project / "narrate.toml").write_bytes("jobs = 3".encode("utf-16"))
    assert "the text is UTF-16" in str(refusal(project))


@pytest.mark.parametrize(
    "content",
    [b"jobs = ", b"\xff", b"jobs = 1\njobs = 2", b"a = " + b"[" * 5000, b"jobs = " + b"9" * 5000],
    ids=["cut", "not UTF-8", "twice", "deep", "long number"],
)
@pytest.mark.parametrize("name", ["narrate.toml", "pyproject.toml"])
def test_a_broken_file_is_named(project: Path, name: str, content: bytes) -> None:
    (project / name).write_bytes(content)
    assert refusal(project).where == str(project / name)


@pytest.mark.parametrize(
    "content", ["tool = 3", "tool = []", "tool.narrate = 3", "[tool]\nnarrate = 'x'"]
)
def test_a_pyproject_whose_tables_are_none_is_named(project: Path, content: str) -> None:
    (project / "pyproject.toml").write_text(content)
    error = refusal(project)
    assert error.where == str(project / "pyproject.toml")
    assert "is not a table" in error.what


def test_a_folder_in_the_place_of_a_file_is_named(project: Path) -> None:
    (project / "narrate.toml").mkdir()
    assert refusal(project).where == str(project / "narrate.toml")


@given(
    st.sampled_from([name for name in config.NAMES if name not in TABLES]),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1),
)
def test_any_text_in_a_variable_is_taken_or_refused(name: str, text: str) -> None:
    variable = f"NARRATE_{name.upper()}"
    try:
        origin = resolve(
            {}, {}, Path("/nowhere"), {variable: text, "XDG_CONFIG_HOME": "/nowhere"}
        ).origins[name]
    except UsageError as error:
        origin = error.where
    assert origin == variable


def test_a_project_does_not_limit_a_cache_that_is_not_its_own(project: Path) -> None:
    (project / "narrate.toml").write_text('cache_max_size = "1B"')
    found = settings(project)
    assert found.settings.cache_max_size == 5_000_000_000
    assert "cache_max_size in" in found.warnings[0]
    (project / "narrate.toml").write_text('cache_max_size = "1GB"\ncache_dir = "cache"')
    found = settings(project)
    assert (found.settings.cache_max_size, found.warnings) == (1_000_000_000, ())


@pytest.mark.parametrize("name", ["out", "cache_dir"])
def test_a_folder_with_an_empty_name_is_refused(project: Path, name: str) -> None:
    assert f"{name} is empty" in refusal(project, flags={name: ""}).what


def test_relative_folders_of_the_desktop_are_ignored(project: Path) -> None:
    found = cache_dir(Settings(), {"XDG_CACHE_HOME": "relative"})
    assert found == Path("~/.cache/narrate").expanduser()


@pytest.mark.parametrize(
    ("name", "value", "accepted"),
    [
        ("format", "aac", "flac, m4a, mp3, ogg, opus or wav"),
        ("qa", "loud", "off, strict or warn"),
        ("profile", "x", "draft or final"),
        ("headings", "no", "skip or speak"),
        ("tables", "warn", "error, skip or speak"),
        ("format_in", "toml", "json, md, srt, txt, vtt or yaml"),
        ("jobs", 65, "an integer from 1 to 64"),
        ("jobs", "three", "an integer from 1 to 64"),
        ("bitrate", 9999, "an integer from 32 to 320"),
        ("offline", "perhaps", "true or false"),
    ],
)
def test_a_value_that_is_not_accepted_names_those_that_are(
    tmp_path: Path, name: str, value: object, accepted: str
) -> None:
    with pytest.raises(UsageError) as raised:
        config.resolve({name: value}, {}, tmp_path)
    assert raised.value.what == f"{name} = {value!r} is not accepted"
    assert raised.value.hint == f"use {accepted}"


@pytest.mark.parametrize(
    ("name", "value", "accepted"),
    [
        ("pause_after", -1, "a number from 0 to 60"),
        ("pause_after", "61s", "a number from 0 to 60"),
        ("timeout", 0, "a number above 0, up to 86400"),
    ],
)
def test_a_duration_that_is_not_accepted_names_those_that_are(
    tmp_path: Path, name: str, value: object, accepted: str
) -> None:
    with pytest.raises(UsageError) as raised:
        config.resolve({name: value}, {}, tmp_path)
    assert raised.value.what == f"{name} = {value!r} is not accepted: it is not {accepted}"
    assert raised.value.hint == "write seconds as a number, or as in 0.5s or 500ms"


def test_a_value_of_a_flag_is_refused_by_the_name_of_the_flag(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as raised:
        config.resolve({"format": "aac"}, {}, tmp_path)
    assert raised.value.where == "--format"
