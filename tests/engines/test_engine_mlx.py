"""The mlx engine, run for real: every layer of Qwen3-TTS in a checkpoint of random weights, on
MLX's CPU backend.

One process does it all (see engine_driver.py), since loading mlx-audio takes longer than what each
test looks at.
"""

from __future__ import annotations

import subprocess
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from narrate.engines import qwen
from narrate.engines.base import Job
from narrate.request import Request
from support.engine_driver import drive, environment, reference
from support.qwen import CLONE, COLOUR, FRAME, TEXTS, checkpoints, drawn, job, python_of, sounds
from support.qwen import step as qwen_step

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

CONVERSIONS = {
    "4-bit": ("-q", "--q-bits", "4"),
    "8-bit": ("-q", "--q-bits", "8"),
    "bfloat16": ("--dtype", "bfloat16"),
}
UNUSABLE: dict[str, tuple[dict[str, Any], str]] = {
    "unknown language": (
        {"text": "Hi.", "voice": CLONE, "language": "tlh"},
        "'tlh'; it speaks: chinese, english",
    ),
    "no voice": ({"text": "Hi."}, "a CustomVoice model does"),
    "speaker of a base model": (
        {"text": "Hi.", "voice": {"speaker": "ryan"}},
        "a CustomVoice model does",
    ),
    "description to a base model": (
        {"text": "Hi.", "voice": {"design": "deep"}},
        "a VoiceDesign model does",
    ),
    "unknown sampling": (
        {"text": "Hi.", "voice": CLONE, "sampling": {"warmth": "1"}},
        "no sampling.warmth",
    ),
}

STRANGER: tuple[tuple[dict[str, Any], str], ...] = (
    (
        {
            "text": "Hi",
            "voice": {"speaker": "b"},
            "seed": 1,
            "sampling": {"temperature": "0.25", "top_k": "5"},
        },
        "end",
    ),
    ({"text": "Hello.Hi"}, "end"),
    ({"text": "A long text."}, "length"),
    ({"text": "Hi", "voice": CLONE}, "takes no recording's voice"),
    ({"text": "Hi", "voice": {"design": "deep"}}, "takes no description"),
    ({"text": "Hi", "voice": {"speaker": "../b.safetensors"}}, "no speaker '../b.safetensors'"),
)


def cap(text: str) -> int:
    """The most samples that a text may become."""
    return FRAME * qwen.max_frames(Job(Request("mlx", 1, "", text, "en")))


@pytest.fixture(scope="module")
def python() -> Path:
    return python_of("mlx")


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory, python: Path) -> Path:
    """A folder of checkpoints, whole and broken, and of recordings."""
    folder = tmp_path_factory.mktemp("mlx")
    checkpoints(folder)
    for name, options in CONVERSIONS.items():
        convert = [
            str(python),
            "-m",
            "mlx_audio.convert",
            "--model-domain",
            "tts",
            "--hf-path",
            str(folder / "base"),
        ]
        subprocess.run(
            [*convert, "--mlx-path", str(folder / name), *options], env=environment(), check=True
        )
    _record(folder)
    return folder


def _record(folder: Path) -> None:
    """Three recordings; `twin` has as many samples as `reader`, and the same sum."""
    sound = np.round(reference() * 256) / 256
    np.save(folder / "reader.npy", sound.astype(np.float32))
    np.save(folder / "twin.npy", sound[::-1].astype(np.float32))


@pytest.fixture(scope="module")
def report(models: Path, python: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What came of every step of the plan."""
    voices = {
        "reader": [str(models / "reader.npy"), "hello world"],
        "twin": [str(models / "twin.npy"), "hello world"],
        "colour": [str(models / "reader.npy"), None],
    }
    steps = {name: {"voices": voices, **step} for name, step in _plan(models).items()}
    return drive(python, "mlx", tmp_path_factory.mktemp("sounds"), steps)


def _plan(models: Path) -> dict[str, Any]:
    step = partial(qwen_step, models)
    twin = {**CLONE, "ref": "twin"}
    mixed = [
        job(TEXTS[0]),
        job(TEXTS[1], twin),
        drawn(TEXTS[1], seed=7),
        job(TEXTS[2]),
        job(TEXTS[3], twin),
    ]
    seeds = [drawn(TEXTS[1], seed=7), drawn(TEXTS[1], seed=7), drawn(TEXTS[1], seed=8)]
    attempts = [drawn(TEXTS[1], attempt=number) for number in (1, 2, 3)]
    speakers = [
        {"speaker": "vivian"},
        {"speaker": "Vivian", "instruct": "calm"},
        {"speaker": "ryan"},
        {},
    ]
    return {
        "base": step(
            "base",
            *([job(text)] for text in TEXTS),
            [job(text) for text in TEXTS],
            mixed,
            *([each] for each in mixed),
            [job(TEXTS[0], COLOUR), job("The quick\nbrown fox.", COLOUR)],
        ),
        "unmended": step("base", *([job(text)] for text in TEXTS), patch="unmended"),
        "twin alone": step("base", [job(TEXTS[1], twin)]),
        "seeds": step(
            "base",
            *([each] for each in seeds),
            [drawn(TEXTS[1], seed=6, attempt=2)],
            *([attempt] for attempt in attempts),
        ),
        "custom_voice": step(
            "custom_voice",
            [job(TEXTS[1], voice) for voice in speakers],
            [job("Hi.", {"speaker": "x"})],
        ),
        "voice_design": step(
            "voice_design", [job(TEXTS[1], {"design": "deep"}), job(TEXTS[1], {"design": "shrill"})]
        ),
        "clone of a design model": step("voice_design", [job("Hi.")]),
        "instruct of a small model": step(
            "small", [job("Hi.", {"speaker": "ryan", "instruct": "calm"})]
        ),
        "silent": step("silent", [job("Hi.")]),
        "endless": step(
            "endless",
            [job("Hi.")],
            [job("Hi."), job("Ho, ho.")],
            [job("Ho, ho.")],
            [job("Hi.", COLOUR)],
        ),
        "mute": step("mute", [job("Hi.")], [job("Hi."), job("Ho.")], [job("Hi.", COLOUR)]),
        "streamed": step(
            "base",
            [job(TEXTS[2])],
            [job(TEXTS[2], stream=True)],
            [job(TEXTS[2], COLOUR)],
            [job(TEXTS[2], COLOUR, stream=True)],
            [job("<|im_end|>", stream=True)],
        ),
        "streamed without end": step("endless", [job("Hi.", stream=True)]),
        "streamed in silence": step("mute", [job("Hi.", stream=True)]),
        "a failure in a batch": step("base", [job(TEXTS[1]), job("<|im_end|>"), job(TEXTS[0])]),
        "refused": step("base", *[[wish] for wish, _ in UNUSABLE.values()]),
        "dtype": step("base", dtype="bfloat16"),
        "device": step("base", device="tpu"),
        "not here": {"model": {"name": "nobody/nothing", "offline": True}, "calls": []},
        "other": step("base", [job("Hi.")], [job("Hi.", COLOUR)], patch="as_other"),
        "stranger": step("base", *([wish] for wish, _ in STRANGER), patch="stranger"),
        **{
            name: step(name) for name in ("without vocab.json", "without model.safetensors", "torn")
        },
        **{name: step(name, [job(TEXTS[0])], [job(TEXTS[0], COLOUR)]) for name in CONVERSIONS},
    }


def same(one: Any, other: Any) -> bool:
    return bool(one.shape == other.shape and np.abs(one - other).max() < 1e-6)


def test_each_kind_says_what_it_is(report: dict[str, Any]) -> None:
    for kind in ("base", "custom_voice", "voice_design"):
        facts = report[kind]
        assert (facts["kind"], facts["device"], facts["dtype"]) == (kind, "cpu", "float32")
        assert "english" in facts["languages"]
    assert report["custom_voice"]["speakers"] == ["ryan", "vivian", "dylan"]


def test_all_four_ways_speak(report: dict[str, Any]) -> None:
    ways = (
        report["base"]["calls"][4],
        report["base"]["calls"][-1],
        report["custom_voice"]["calls"][0],
    )
    for samples in sum(map(sounds, (*ways, report["voice_design"]["calls"][0])), []):
        assert samples.dtype == np.float32
        assert samples.ndim == 1
        assert samples.size % FRAME == 0
        assert 0.01 < np.abs(samples).max() < 1.5


def test_the_voice_is_heard(report: dict[str, Any]) -> None:
    reader, colour = report["base"]["calls"][0][0], report["base"]["calls"][-1][0]
    low, shrill = sounds(report["voice_design"]["calls"][0])
    vivian, calm, ryan, default = sounds(report["custom_voice"]["calls"][0])
    assert not same(reader["samples"], colour["samples"])
    assert not same(low, shrill)
    assert not same(vivian, ryan)
    assert not same(vivian, calm)
    assert same(ryan, default)


def test_a_new_line_is_a_space(report: dict[str, Any]) -> None:
    assert same(*sounds(report["base"]["calls"][-1]))


def test_greedy_is_deterministic_and_a_batch_is_its_singles(report: dict[str, Any]) -> None:
    singles = [sounds(call)[0] for call in report["base"]["calls"][:4]]
    batch = sounds(report["base"]["calls"][4])
    assert all(map(same, singles, batch))
    assert len({samples.size for samples in batch}) > 1


def test_a_mixed_batch_keeps_its_order_and_its_voices_apart(report: dict[str, Any]) -> None:
    batch = sounds(report["base"]["calls"][5])
    assert all(map(same, batch, [sounds(call)[0] for call in report["base"]["calls"][6:11]]))


def test_recordings_of_equal_size_and_sum_are_not_taken_for_one_another(
    report: dict[str, Any],
) -> None:
    alone = sounds(report["twin alone"]["calls"][0])[0]
    assert same(sounds(report["base"]["calls"][7])[0], alone)
    assert not same(sounds(report["base"]["calls"][1])[0], alone)


def test_no_frame_is_lost(report: dict[str, Any]) -> None:
    """Without the mend of mlx-audio 0.6.2 some are; once that changes, the mend can go."""
    mended = [sounds(call)[0] for call in report["base"]["calls"][:4]]
    cut = [sounds(call)[0] for call in report["unmended"]["calls"]]
    assert all(samples.size % FRAME == 0 for samples in mended)
    assert sum(samples.size for samples in cut) < sum(samples.size for samples in mended)


def test_a_seed_repeats_and_another_does_not(report: dict[str, Any]) -> None:
    first, again, other, second_attempt = (sounds(call)[0] for call in report["seeds"]["calls"][:4])
    assert same(first, again)
    assert not same(first, other)
    assert same(first, second_attempt), "attempt 2 of seed 6 is seed 7"


def test_attempts_without_a_seed_differ_even_after_a_seed(report: dict[str, Any]) -> None:
    seeded = sounds(report["seeds"]["calls"][2])[0]
    attempts = [seeded, *(sounds(call)[0] for call in report["seeds"]["calls"][4:])]
    assert not any(
        same(one, other) for place, one in enumerate(attempts) for other in attempts[:place]
    )


def test_a_runaway_is_length_and_has_its_bound(report: dict[str, Any]) -> None:
    """In a batch too, where mlx-audio would stop earlier and not say so."""
    alone, batch, other, colour = report["endless"]["calls"]
    assert [result["stop"] for result in (*alone, *batch, *other, *colour)] == ["length"] * 5
    assert [samples.size for samples in sounds(batch)] == [cap("Hi."), cap("Ho, ho.")]
    assert all(map(same, sounds(batch), sounds([*alone, *other])))
    assert sounds(colour)[0].size == cap("Hi.")


def test_what_ends_by_itself_is_end(report: dict[str, Any]) -> None:
    assert {result["stop"] for result in report["base"]["calls"][4]} == {"end"}


def test_silence_is_silence(report: dict[str, Any]) -> None:
    assert not sounds(report["silent"]["calls"][0])[0].any()


def test_no_result_is_unspeakable(report: dict[str, Any]) -> None:
    results = [result for call in report["mute"]["calls"] for result in call]
    assert [result["error"] for result in results] == ["Unspeakable"] * 4


def test_a_stream_is_the_whole_in_pieces(report: dict[str, Any]) -> None:
    """The decoder begins a clone without the recording in front, so its first frames differ."""
    whole, clone, whole_colour, colour = map(sounds, report["streamed"]["calls"][:4])
    assert len(clone) > 1
    assert {piece.size % FRAME for piece in (*clone, *colour)} == {0}
    assert same(np.concatenate(colour), whole_colour[0])
    joined = np.concatenate(clone)
    assert joined.shape == whole[0].shape
    assert np.abs(joined - whole[0])[10 * FRAME :].max() < 1e-3


def test_a_stream_says_how_it_ended(report: dict[str, Any]) -> None:
    *pieces, last = report["streamed without end"]["calls"][0]
    assert ({piece["stop"] for piece in pieces}, last["stop"]) == ({"end"}, "length")
    for results in (report["streamed"]["calls"][4], report["streamed in silence"]["calls"][0]):
        assert [result["error"] for result in results] == ["Unspeakable"]


def test_a_failure_in_a_batch_is_that_of_one_job(report: dict[str, Any]) -> None:
    first, marked, last = report["a failure in a batch"]["calls"][0]
    assert marked["error"] == "Unspeakable"
    assert "<|im_end|>" in marked["message"]
    assert same(first["samples"], report["base"]["calls"][1][0]["samples"])
    assert same(last["samples"], report["base"]["calls"][0][0]["samples"])


@pytest.mark.parametrize("name", UNUSABLE)
def test_what_the_model_cannot_do_is_refused_with_what_it_can(
    report: dict[str, Any], name: str
) -> None:
    (result,) = report["refused"]["calls"][list(UNUSABLE).index(name)]
    assert result["error"] == "Unusable"
    assert UNUSABLE[name][1] in result["message"]


@pytest.mark.parametrize(
    ("name", "call", "message"),
    [
        ("custom_voice", 1, "no speaker 'x'; it has: dylan, ryan, vivian"),
        ("clone of a design model", 0, "a Base model does"),
        ("instruct of a small model", 0, "a 1.7B CustomVoice model does"),
    ],
)
def test_the_wrong_voice_is_refused(
    report: dict[str, Any], name: str, call: int, message: str
) -> None:
    (result,) = report[name]["calls"][call]
    assert result["error"] == "Unusable"
    assert message in result["message"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("without vocab.json", "vocab.json"),
        ("without model.safetensors", "speech_tokenizer/model.safetensors"),
        ("torn", "speech_tokenizer/model.safetensors"),
        ("dtype", "float32 weights"),
        ("device", "choose: cpu, gpu"),
        ("not here", "models pull nobody/nothing"),
    ],
)
def test_a_model_that_would_speak_noise_does_not_load(
    report: dict[str, Any], name: str, message: str
) -> None:
    assert report[name]["error"] == "Unusable"
    assert message in report[name]["message"]


@pytest.mark.parametrize("name", CONVERSIONS)
def test_conversions_speak(report: dict[str, Any], name: str) -> None:
    assert report[name]["dtype"] == name
    for samples in sounds(sum(report[name]["calls"], [])):
        assert np.isfinite(samples).all()
        assert samples.size >= FRAME


def test_an_unknown_model_speaks_with_what_it_takes(report: dict[str, Any]) -> None:
    spoken, refused = report["other"]["calls"]
    assert sounds(spoken)[0].any()
    assert refused[0]["error"] == "Unusable"
    assert "transcript" in refused[0]["message"]


@pytest.mark.parametrize("place", range(len(STRANGER)))
def test_a_model_is_told_only_what_it_takes(report: dict[str, Any], place: int) -> None:
    (result,) = report["stranger"]["calls"][place]
    assert STRANGER[place][1] in result.get("stop", result.get("message"))


def test_results_of_a_model_are_joined_at_its_rate_and_made_mono(report: dict[str, Any]) -> None:
    drawn, joined, _ = (call[0] for call in report["stranger"]["calls"][:3])
    assert drawn["rate"] == joined["rate"] == 16_000
    assert drawn["samples"].tolist() == [0.25] * 2
    assert joined["samples"].tolist() == [0.5] * 7
