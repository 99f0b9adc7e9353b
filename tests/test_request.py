"""Keys: the same request has the same key for ever, and no other request has it."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from narrate.request import (
    KEY_SCHEMA,
    Clone,
    Design,
    Request,
    Stock,
    canonical_json,
    key,
    voice_from_json,
    voice_to_json,
)

GOLDEN = json.loads((Path(__file__).parent / "golden_keys.json").read_text(encoding="utf-8"))

# No surrogates: they cannot be written as UTF-8, and scripts with them are refused.
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "engine": TEXT,
    "behaviour": st.integers(0, 10**6),
    "model": TEXT,
    "text": TEXT,
    "language": TEXT,
    "voice": st.builds(Clone, TEXT, st.none() | TEXT)
    | st.builds(Stock, st.none() | TEXT, st.none() | TEXT)
    | st.builds(Design, TEXT, st.none() | TEXT),
    "seed": st.none() | st.integers(0, 2**32 - 1),
    "take": st.integers(1, 1000),
}
REQUESTS = st.builds(Request, **VALUES)


def key_of(request: Request) -> str:
    return key(request.canonical())


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda golden: golden["key"][:8])
def test_a_golden_request_keeps_its_key(golden: dict[str, Any]) -> None:
    assert key_of(Request.from_json(golden["request"])) == golden["key"]


def test_there_are_fifty_golden_keys_and_no_two_are_alike() -> None:
    assert len({golden["key"] for golden in GOLDEN}) == len(GOLDEN) == 50


@pytest.mark.parametrize(
    "environment",
    [
        {"PYTHONHASHSEED": "0", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"PYTHONHASHSEED": "4242", "LC_ALL": "C.UTF-8"},
    ],
    ids=["C", "UTF-8"],
)
def test_keys_depend_neither_on_hash_seed_nor_locale_nor_order(environment: dict[str, str]) -> None:
    backwards = [
        dict(reversed(golden["request"].items()))
        | {"voice": dict(reversed(golden["request"].get("voice", {}).items()))}
        for golden in GOLDEN
    ]
    program = """
import json, sys
from narrate.request import Request, key
for each in json.load(sys.stdin):
    print(key(Request.from_json(each).canonical()))
"""
    process = subprocess.run(
        [sys.executable, "-c", program],
        input=json.dumps(backwards),
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    assert process.stdout.split() == [golden["key"] for golden in GOLDEN]


@settings(max_examples=600)
@given(request=REQUESTS, field=st.sampled_from(sorted(VALUES)), data=st.data())
def test_requests_that_differ_in_one_field_have_different_keys(
    request: Request, field: str, data: st.DataObject
) -> None:
    other = dataclasses.replace(request, **{field: data.draw(VALUES[field])})
    assume(normal(getattr(request, field)) != normal(getattr(other, field)))
    assert key_of(request) != key_of(other)


def normal(value: Any) -> Any:
    if isinstance(value, Clone | Stock | Design):
        return normal(voice_to_json(value))
    if isinstance(value, dict):
        return {name: normal(item) for name, item in value.items()}
    return unicodedata.normalize("NFC", value) if isinstance(value, str) else value


@given(REQUESTS)
def test_equivalent_spellings_of_a_text_have_one_key(request: Request) -> None:
    text = unicodedata.normalize("NFD", request.text)
    parts = voice_to_json(request.voice).items()
    voice = voice_from_json({name: unicodedata.normalize("NFD", value) for name, value in parts})
    assert key_of(dataclasses.replace(request, text=text, voice=voice)) == key_of(request)


@given(REQUESTS)
def test_a_request_survives_json(request: Request) -> None:
    there = json.loads(json.dumps(request.to_json()))
    assert Request.from_json(there) == request
    assert Request.from_json(json.loads(request.canonical())).canonical() == request.canonical()


def test_what_is_unset_is_not_in_the_form() -> None:
    request = Request("tone", 1, "sine", "Hi.", "en")
    assert set(request.to_json()) == {
        "schema",
        "engine",
        "behaviour",
        "model",
        "text",
        "language",
        "take",
    }
    assert set(dataclasses.replace(request, seed=0).to_json()) - set(request.to_json()) == {"seed"}
    assert set(dataclasses.replace(request, voice=Stock("low")).to_json()) - set(
        request.to_json()
    ) == {"voice"}


def test_the_form_is_utf8_sorted_and_without_spaces() -> None:
    form = Request(
        "tone", 1, "sine", "Größe: 3 < 4", "de", Stock("low", "ruhig"), seed=7
    ).canonical()
    expected = (
        '{"behaviour":1,"engine":"tone","language":"de","model":"sine","schema":%d,"seed":7,"take":1,'
        '"text":"Größe: 3 < 4","voice":{"instruct":"ruhig","speaker":"low"}}'
    )
    assert form == (expected % KEY_SCHEMA).encode()


@pytest.mark.parametrize("value", [1.0, float("nan"), {"deep": 0.5}, [1], b"x"])
def test_what_has_more_than_one_spelling_has_no_form(value: Any) -> None:
    with pytest.raises(TypeError, match="has no canonical form"):
        canonical_json({"value": value})


def test_a_key_is_xxh3_128_in_32_hex_digits() -> None:
    # The published test vector for empty input.
    assert key(b"") == "99aa06d3014798d86001c324468d497f"
