"""The torch engine, run for real: every layer of Qwen3-TTS in a checkpoint of random weights, on
the CPU.

Two processes do it all (see engine_driver.py), since importing PyTorch takes longer than what each
test looks at; the second one has the voices that the first one kept.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from narrate.base import languages
from narrate.checks.structure import judge, measure
from narrate.engines import qwen
from narrate.engines.base import Job, StopReason, Synthesis
from narrate.request import Request
from support.engine_driver import drive, reference
from support.qwen import CLONE, COLOUR, FRAME, TEXTS, checkpoints, drawn, job, python_of, sounds
from support.qwen import step as qwen_step

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

EIGHT = ("One", "Two", "Six", "Ten", "Red", "Sun", "Sea", "Sky")
BATCH_OF_EIGHT = 2.5
"""How many times faster than eight calls one call for eight is, on two cores. Printed, as no test
depends on time.
"""

UNUSABLE: dict[str, tuple[dict[str, Any], str]] = {
    "unknown language": (
        {"voice": CLONE, "language": "tlh"},
        "'tlh'; it speaks: chinese, english, french, german",
    ),
    "no voice": ({}, "a CustomVoice model does"),
    "speaker of a base model": ({"voice": {"speaker": "ryan"}}, "a CustomVoice model does"),
    "description to a base model": ({"voice": {"design": "deep"}}, "a VoiceDesign model does"),
    "unknown sampling": ({"voice": CLONE, "sampling": {"warmth": "1"}}, "no sampling.warmth"),
    "unknown recording": (
        {"voice": {"ref": "nobody"}},
        "the recording nobody of a voice did not reach",
    ),
    "no transcript": (
        {"voice": {"ref": "colour", "transcript": "?"}},
        "the transcript of the recording colour",
    ),
}
BROKEN = {
    "without vocab.json": "it lacks vocab.json",
    "without model.safetensors": r"it lacks speech_tokenizer/model\*.safetensors",
    "torn": "cannot be loaded on cpu",
    "another model": "holds a whisper model; torch speaks with Qwen3-TTS models only",
    "no folder": "holds no model",
    "no hub": "nobody/nothing is not on this machine.*narrate models pull nobody/nothing",
    "newer transformers": "transformers 5.23.0 makes wrong audio.*pip install transformers==4.57.3",
    "no such device": "no device 'tpu' on this machine; leave it out, or choose: cpu",
    "no such dtype": "no dtype 'int8'; leave it out, or choose: float32, bfloat16, float16",
}


@pytest.fixture(scope="module")
def python() -> Path:
    return python_of("torch")


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of checkpoints, whole and broken, and a recording."""
    folder = tmp_path_factory.mktemp("torch")
    checkpoints(folder)
    (folder / "another model").mkdir()
    (folder / "another model" / "config.json").write_text('{"model_type": "whisper"}')
    np.save(folder / "reader.npy", reference())
    return folder


@pytest.fixture(scope="module")
def first(models: Path, python: Path) -> dict[str, Any]:
    """What came of every step of the first process."""
    return _drive(models, python, "first", _plan(models))


@pytest.fixture(scope="module")
def second(first: dict[str, Any], models: Path, python: Path) -> dict[str, Any]:
    """What came of the second process, which finds the voices kept, of another model not, cut off,
    and changed.
    """
    kept = models / "prompts"
    for name in ("cut", "changed"):
        for file in shutil.copytree(kept, models / name).iterdir():
            raw = file.read_bytes()
            file.write_bytes(
                raw[: len(raw) // 2] if name == "cut" else raw[:-1] + bytes([raw[-1] ^ 1])
            )
    calls = [[job(TEXTS[0])], [job(TEXTS[0], COLOUR)]]
    base = str(models / "base")
    steps = {
        name: {
            "model": {"name": base, "prompts": str(models / folder)},
            "calls": calls,
            "patch": patch,
        }
        for name, folder, patch in (
            ("kept", "prompts", "torch_faults.deaf"),
            ("cut off", "cut", "as_it_is"),
            ("mended", "cut", "torch_faults.deaf"),
            ("changed", "changed", "as_it_is"),
        )
    }
    stranger = [[job(TEXTS[0], model="another")]]
    steps["another model"] = {**steps["kept"], "calls": stranger}
    return _drive(models, python, "second", steps)


def _drive(models: Path, python: Path, name: str, steps: dict[str, Any]) -> dict[str, Any]:
    voices = {
        "reader": [str(models / "reader.npy"), "hello world"],
        "colour": [str(models / "reader.npy"), None],
    }
    return drive(
        python,
        "torch",
        models / f"sounds of the {name}",
        {k: {"voices": voices, **v} for k, v in steps.items()},
    )


def _plan(models: Path) -> dict[str, Any]:
    step = partial(qwen_step, models)
    mixed = [
        job(TEXTS[0]),
        job(TEXTS[1], COLOUR),
        drawn(TEXTS[1], seed=7),
        drawn(TEXTS[2]),
        job(TEXTS[3]),
    ]
    seeds = [
        drawn(TEXTS[1], seed=7),
        drawn(TEXTS[1], seed=7),
        drawn(TEXTS[1], seed=8),
        drawn(TEXTS[1], seed=6, attempt=2),
    ]
    speakers = [
        {"speaker": "vivian"},
        {"speaker": "Vivian", "instruct": "calm"},
        {"speaker": "ryan"},
        {},
    ]
    together = [job(text) for text in TEXTS]
    return {
        "base": step(
            "base", *([each] for each in together), together, mixed, prompts=str(models / "prompts")
        ),
        "colour": step(
            "base",
            [job(TEXTS[0], COLOUR)],
            [job(TEXTS[1], COLOUR)],
            prompts=str(models / "prompts"),
        ),
        "without a place for prompts": step(
            "base", [job(TEXTS[0])], prompts=str(models / "reader.npy")
        ),
        "seeds": step(
            "base",
            *([each] for each in seeds),
            *([drawn(TEXTS[1], attempt=number)] for number in (1, 2, 3)),
        ),
        "custom_voice": step("custom_voice", *([job(TEXTS[1], voice)] for voice in speakers)),
        "voice_design": step(
            "voice_design", *([job(TEXTS[1], {"design": how})] for how in ("deep", "shrill"))
        ),
        "unknown speaker": step(
            "custom_voice", [job("Hi.", {"speaker": "x"}), job("Hi.", {"speaker": "ryan"})]
        ),
        "clone of a design model": step("voice_design", [job("Hi.")]),
        "instruct of a small model": step(
            "small", [job("Hi.", {"speaker": "ryan", "instruct": "calm"})]
        ),
        "refused": step("base", [{"text": "Hi.", **wish} for wish, _ in UNUSABLE.values()]),
        "marks": step("base", [job(TEXTS[0]), job("Over.<|im_end|>"), job(TEXTS[1])]),
        "silent": step("silent", [job("Hi.")]),
        "endless": step("endless", [job("Hi.")], [job("Hi."), job("Ho, ho.")]),
        "mute": step("mute", [job(TEXTS[2])]),
        "bfloat16": step("base", [job(TEXTS[1])], dtype="bfloat16"),
        "crowded": step("base", together, patch="torch_faults.crowded"),
        "full": step("base", [job(TEXTS[1])], patch="torch_faults.full"),
        "picky": step("base", [*together, job("Break.")], patch="torch_faults.picky"),
        "eight": step("endless", *([job(text)] for text in EIGHT), [job(text) for text in EIGHT]),
        **_unloadable(step),
    }


def _unloadable(step: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    """What must not load, for a reason each."""
    return {
        **{
            name: step(name)
            for name in ("without vocab.json", "without model.safetensors", "torn", "another model")
        },
        "no folder": step("nowhere"),
        "no hub": {"model": {"name": "nobody/nothing", "offline": True}, "calls": []},
        "newer transformers": step("base", patch="torch_faults.newer"),
        "no such device": step("base", device="tpu"),
        "no such dtype": step("base", dtype="int8"),
    }


def alone(step: dict[str, Any]) -> list[Any]:
    """The samples of a step's calls of one job each."""
    return [sounds(call)[0] for call in step["calls"] if len(call) == 1]


def same(one: Any, other: Any) -> bool:
    return bool(one.shape == other.shape and np.abs(one - other).max() < 1e-5)


def test_each_kind_says_what_it_is(first: dict[str, Any]) -> None:
    for kind in ("base", "custom_voice", "voice_design"):
        facts = first[kind]
        assert (facts["kind"], facts["device"], facts["dtype"]) == (kind, "cpu", "float32")
        assert set(facts["languages"]) == set(languages.NAMES.values())
    assert sorted(first["custom_voice"]["speakers"]) == ["dylan", "ryan", "vivian"]


def test_all_four_ways_speak(first: dict[str, Any]) -> None:
    for name in ("base", "colour", "custom_voice", "voice_design", "bfloat16"):
        for samples in alone(first[name]):
            assert samples.size % FRAME == 0
            assert samples.dtype == np.float32
            assert samples.ndim == 1
            assert samples.size >= FRAME
            assert np.isfinite(samples).all()
            assert 0.01 < np.abs(samples).max() < 1.5


def test_the_voice_is_heard(first: dict[str, Any]) -> None:
    vivian, calm, ryan, default = alone(first["custom_voice"])
    assert not same(vivian, ryan)
    assert not same(vivian, calm)
    assert same(ryan, default)
    assert not same(*alone(first["voice_design"]))
    assert not same(alone(first["base"])[0], alone(first["colour"])[0])


def test_greedy_jobs_sound_in_a_batch_as_they_do_alone(first: dict[str, Any]) -> None:
    single = alone(first["base"])
    together = sounds(first["base"]["calls"][4])
    assert all(map(same, single, together))
    assert len({samples.size for samples in together}) > 1


def test_results_come_in_the_order_of_the_jobs(first: dict[str, Any]) -> None:
    single = alone(first["base"])
    fox, hello, seeded, _, jumps = sounds(first["base"]["calls"][5])
    assert same(fox, single[0])
    assert same(hello, alone(first["colour"])[1])
    assert same(seeded, alone(first["seeds"])[0])
    assert same(jumps, single[3])


def test_a_seed_decides_the_sound(first: dict[str, Any]) -> None:
    once, again, other, second_attempt, *_ = alone(first["seeds"])
    assert np.array_equal(once, again)
    assert not same(once, other)
    assert np.array_equal(once, second_attempt)


def test_without_a_seed_every_attempt_differs(first: dict[str, Any]) -> None:
    attempts = alone(first["seeds"])[4:]
    assert not any(same(attempts[one], attempts[other]) for one, other in ((0, 1), (0, 2), (1, 2)))


def test_a_kept_voice_is_not_computed_again(first: dict[str, Any], second: dict[str, Any]) -> None:
    computed = [alone(first["base"])[0], alone(first["colour"])[0]]
    assert all(map(np.array_equal, alone(second["kept"]), computed))
    assert second["another model"]["calls"][0][0]["message"] == "the voice is computed anew"


def test_a_damaged_voice_is_computed_again_and_kept(
    first: dict[str, Any], second: dict[str, Any]
) -> None:
    computed = [alone(first["base"])[0], alone(first["colour"])[0]]
    for name in ("cut off", "mended", "changed"):
        assert all(map(np.array_equal, alone(second[name]), computed))


def test_kept_voices_leave_nothing_half_written(first: dict[str, Any], models: Path) -> None:
    files = list((models / "prompts").iterdir())
    assert len(files) == 2
    assert {file.suffix for file in files} == {".safetensors"}


def test_a_voice_that_cannot_be_kept_speaks(first: dict[str, Any]) -> None:
    [spoken] = alone(first["without a place for prompts"])
    assert same(spoken, alone(first["base"])[0])


def test_a_runaway_stops_at_the_cap_of_its_text(first: dict[str, Any]) -> None:
    single, pair = first["endless"]["calls"]
    cap = FRAME * qwen.max_frames(Job(Request("torch", 1, "", "Hi.", "en")))
    assert {result["stop"] for result in single + pair} == {StopReason.LENGTH}
    assert single[0]["samples"].size == cap
    # In a batch it goes on to the cap of the longest text, and is a runaway all the same.
    assert pair[0]["samples"].size > single[0]["samples"].size


@pytest.mark.parametrize(
    ("name", "text", "reason"), [("silent", "Hi.", "silent"), ("mute", TEXTS[2], "too short")]
)
def test_the_checks_refuse_what_is_no_speech(
    first: dict[str, Any], name: str, text: str, reason: str
) -> None:
    [[result]] = first[name]["calls"]
    flags = judge(
        measure(Synthesis(result["samples"], result["rate"], StopReason(result["stop"]))), text
    )
    assert any(reason in flag for flag in flags)


@pytest.mark.parametrize("name", UNUSABLE)
def test_what_the_model_cannot_do_is_refused(first: dict[str, Any], name: str) -> None:
    result = first["refused"]["calls"][0][list(UNUSABLE).index(name)]
    assert result["error"] == "Unusable"
    assert UNUSABLE[name][1] in result["message"]


def test_a_refusal_costs_only_its_job(first: dict[str, Any]) -> None:
    refused, spoken = first["unknown speaker"]["calls"][0]
    assert refused["message"] == "the model has no speaker 'x'; it has: dylan, ryan, vivian"
    assert "error" not in spoken


def test_kinds_of_voice_that_other_models_speak(first: dict[str, Any]) -> None:
    assert "a Base model does" in first["clone of a design model"]["calls"][0][0]["message"]
    assert "follow no instruct" in first["instruct of a small model"]["calls"][0][0]["message"]


def test_a_text_cannot_command_the_model(first: dict[str, Any]) -> None:
    fox, mark, hello = first["marks"]["calls"][0]
    assert mark["error"] == "Unspeakable"
    assert "<|im_end|>" in mark["message"]
    assert all(map(same, sounds([fox, hello]), alone(first["base"])))


@pytest.mark.parametrize("name", BROKEN)
def test_what_does_not_load_says_why(first: dict[str, Any], name: str) -> None:
    assert first[name]["error"] == "Unusable"
    assert re.search(BROKEN[name], first[name]["message"])


def test_out_of_memory_halves_the_batch(first: dict[str, Any]) -> None:
    assert all(map(same, sounds(first["crowded"]["calls"][0]), alone(first["base"])))


def test_out_of_memory_alone_ends_with_advice(first: dict[str, Any]) -> None:
    [[result]] = first["full"]["calls"]
    assert result["error"] == "Unspeakable"
    assert "shorten the text" in result["message"]


def test_one_bad_row_does_not_fail_the_others(first: dict[str, Any]) -> None:
    *spoken, broken = first["picky"]["calls"][0]
    assert broken["error"] == "IndexError"
    assert all(map(same, sounds(spoken), alone(first["base"])))


def test_a_lost_gpu_ends_the_worker(models: Path, python: Path) -> None:
    step = {
        "model": {"name": str(models / "base")},
        "calls": [[job("Hi.")]],
        "patch": "torch_faults.lost",
    }
    with pytest.raises(
        AssertionError, match="the CUDA device is lost: CUDA error: device-side assert"
    ):
        _drive(models, python, "third", {"lost": step})


def test_how_much_faster_a_batch_is(first: dict[str, Any]) -> None:
    *singles, eight = first["eight"]["calls"]
    assert all(map(same, sounds(eight), alone(first["eight"])))
    ratio = sum(call[-1]["seconds"] for call in singles) / eight[-1]["seconds"]
    print(f"a batch of eight is {ratio:.1f} times as fast as eight calls (asked: {BATCH_OF_EIGHT})")
