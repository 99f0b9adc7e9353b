"""The review page in a real browser, from file://."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from narrate.review.folder import Folder
from narrate.review.model import Line
from support.harness import Figures
from support.pages import HOSTILE, chromium, everything, sound, write


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def page(browser: Any, tmp_path: Path) -> Iterator[Any]:
    """The page that has everything, in a profile of its own; every error in it fails the test."""
    context = browser.new_context(accept_downloads=True, viewport={"width": 1100, "height": 900})
    context.set_default_timeout(60_000)
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda said: problems.extend([said.text] * (said.type == "error")))
    page.on("request", lambda asked: problems.extend([asked.url] * asked.url.startswith("http")))
    page.goto(everything(tmp_path / "review").as_uri())
    page.wait_for_selector("article:not([hidden]) .actions")
    yield page
    context.close()
    assert problems == []


def until(page: Any, expression: str) -> None:
    """Wait for something in the page. The policy of the page forbids what playwright has for it."""
    ends = time.monotonic() + 60
    while not page.evaluate(expression):
        assert time.monotonic() < ends, expression
        time.sleep(0.02)


def shown(page: Any) -> list[str]:
    return [str(id) for id in page.locator("article:not([hidden]) h2").all_text_contents()]


def current(page: Any) -> str:
    return str(page.locator("article[aria-current] h2").text_content())


def test_texts_are_shown_as_they_are(page: Any) -> None:
    assert page.locator("h1").text_content() == HOSTILE
    assert page.locator("article .text").last.text_content() == HOSTILE
    assert page.title().startswith("</script><script>document.title")
    assert page.locator("main img, main script").count() == 0


def test_a_line_shows_its_takes_its_words_and_what_was_refused(page: Any) -> None:
    page.get_by_role("button", name="All").click()
    page.wait_for_selector("article:nth-child(3) .actions")
    assert page.locator("article").nth(0).locator(".card h3").all_inner_texts() == [
        "Take 1\nin the narration",
        "Take 2\napproved",
    ]
    flagged = page.locator("article").nth(1)
    assert flagged.locator(".differences li").all_text_contents() == [
        "written: n → , heard: and at 0.4 s",
        "written: nothing → , heard: matrix at 1.2 s",
    ]
    assert "14.2 characters/s" in flagged.locator("dl").inner_text()
    failed = page.locator("article").nth(2)
    assert failed.locator(".refused .reasons").inner_text() == "0.30 s is too short"
    assert failed.get_by_role("button", name="Approve").count() == 0


def test_sounds_play_and_words_light_up(page: Any) -> None:
    page.get_by_role("button", name="All").click()
    page.get_by_role("button", name="Play take 1 of intro").click()
    until(page, "player.audio.currentTime > 0.55")
    assert page.get_by_role("button", name="Pause take 1 of intro").count() == 1
    assert page.evaluate("player.audio.error") is None
    until(page, "document.querySelectorAll('.text .now').length === 1")
    until(page, "player.audio.ended")
    slider = page.get_by_role("slider", name="Position in take 1 of intro")
    slider.focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    assert slider.get_attribute("aria-valuenow") == "0.5"


def test_filters_and_search_narrow_the_lines(page: Any) -> None:
    assert shown(page) == ["later"], "a page with a sample begins with it"
    expected = {
        "All": ["intro", "shapes", "cost", "later", "x</script>"],
        "Failed": ["cost"],
        "Flagged": ["shapes"],
        "Changed": ["shapes"],
        "Not spoken": ["later"],
        "Words differ": ["shapes"],
        "To review": ["shapes", "cost", "later", "x</script>"],
    }
    for name, ids in expected.items():
        page.get_by_role("button", name=name).click()
        assert shown(page) == ids, name
    page.get_by_role("button", name="All").click()
    page.get_by_role("searchbox").fill("MATRIX")
    assert shown(page) == ["shapes"]
    page.get_by_role("searchbox").fill("no such words")
    assert page.get_by_text("No line matches.").is_visible()


def test_keys_move_play_and_decide(page: Any) -> None:
    page.get_by_role("button", name="All").click()
    page.keyboard.press("j")
    page.keyboard.press("ArrowDown")
    assert current(page) == "shapes"
    page.keyboard.press("k")
    assert current(page) == "intro"
    page.keyboard.press("2")
    until(page, "player.audio.currentTime > 0 && player.sound.rendering.take === 2")
    page.keyboard.press(" ")
    assert page.evaluate("player.audio.paused")
    page.keyboard.press("a")
    assert page.locator("article").nth(0).locator(".verdict").inner_text() == "take 2 approved"
    page.keyboard.press("j")
    page.keyboard.press("r")
    assert page.locator("#progress").inner_text() == "1 approved, 1 to retake, 3 left"
    page.keyboard.press("r")
    assert page.locator("#progress").inner_text() == "1 approved, 0 to retake, 4 left"
    page.keyboard.press("/")
    page.keyboard.type("jar?")
    assert page.get_by_role("searchbox").input_value() == "jar?", "keys in the search are text"
    page.keyboard.press("Escape")
    page.get_by_role("searchbox").fill("")
    page.locator("article").nth(0).focus()
    page.keyboard.press("?")
    assert page.get_by_role("dialog", name="Keys").is_visible()
    page.keyboard.press("Escape")
    assert page.get_by_role("dialog", name="Keys").count() == 0


def test_verdicts_are_kept_and_saved(page: Any, tmp_path: Path) -> None:
    page.get_by_role("button", name="All").click()
    page.locator("article").nth(0).locator(".card").nth(1).click(position={"x": 5, "y": 5})
    page.get_by_role("button", name="Approve take 2").click()
    page.locator("article").nth(2).get_by_role("button", name="Retake").click()
    page.reload()
    with page.expect_download() as download:
        page.get_by_role("button", name="Save verdicts").click()
    assert download.value.suggested_filename == "script.verdicts.json"
    download.value.save_as(tmp_path / "verdicts.json")
    assert json.loads((tmp_path / "verdicts.json").read_bytes()) == {
        "schema": "narrate.verdicts/1",
        "script": "it's here/script.json",
        "verdicts": [
            {"id": "intro", "of": "a", "verdict": "approve", "take": 2},
            {"id": "cost", "of": "c", "verdict": "retake"},
        ],
    }


def test_the_copied_commands_are_quoted_for_a_shell(page: Any) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="All").click()
    last = page.locator("article").last
    last.get_by_role("button", name="Retake").click()
    page.get_by_role("button", name="Copy commands").click()
    until(page, "document.getElementById('live').textContent.includes('copied')")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == "narrate retake 'it'\"'\"'s here/script.json' 'x</script>'"


def test_the_colours_can_be_chosen_and_follow_the_system(page: Any) -> None:
    background = "getComputedStyle(document.body).backgroundColor"
    page.emulate_media(color_scheme="light")
    light = page.evaluate(background)
    page.emulate_media(color_scheme="dark")
    dark = page.evaluate(background)
    assert light != dark
    page.get_by_role("button", name="Colours: automatic").click()
    assert page.evaluate(background) == light
    page.reload()
    assert page.evaluate(background) == light


CONTRAST = """() => {
  const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
  const rgb = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = (colour) => {
    const parts = rgb(colour).slice(0, 3).map((part) => part / 255)
      .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
  };
  const behind = (node) => {
    for (; node; node = node.parentElement) {
      const colour = getComputedStyle(node).backgroundColor;
      if (rgb(colour)[3] === 255) return colour;
    }
    return "white";
  };
  const poor = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !node.checkVisibility()) continue;
    if (node.closest("script, .unseen, .skip, :disabled")) continue;
    const [one, two] = [light(getComputedStyle(node).color), light(behind(node))];
    const ratio = (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05);
    if (ratio < 4.5) poor.push(`${node.className || node.tagName}: ${ratio.toFixed(2)}`);
  }
  return poor;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_has_the_contrast_of_wcag_aa(page: Any, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)
    page.get_by_role("button", name="All").click()
    page.keyboard.press("j")
    page.keyboard.press("a")
    page.keyboard.press("?")
    assert page.evaluate(CONTRAST) == []


def test_a_phone_needs_no_sideways_scrolling(page: Any) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.get_by_role("button", name="All").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    small = page.evaluate("""() => [...document.querySelectorAll("button")]
        .map((button) => button.getBoundingClientRect())
        .filter((box) => box.width && (box.width < 24 || box.height < 24)).length""")
    assert small == 0, "WCAG 2.5.8 wants 24 pixels"


def test_a_screen_reader_finds_names_landmarks_and_no_trap(page: Any) -> None:
    for role in ("banner", "main", "contentinfo"):
        assert page.get_by_role(role).count() == 1, role
    page.get_by_role("button", name="All").click()
    unnamed = page.evaluate("""() => [...document.querySelectorAll("button, input, [role=slider]")]
        .filter((node) => node.checkVisibility())
        .filter((node) => !(node.getAttribute("aria-label") || node.labels?.length
            || node.textContent.trim()))
        .map((node) => node.outerHTML)""")
    assert unnamed == []
    page.keyboard.press("j")
    page.keyboard.press("a")
    page.reload()
    page.get_by_role("button", name="All").wait_for()
    seen = []
    for _ in range(80):
        page.keyboard.press("Tab")
        seen.append(page.evaluate("document.activeElement.id || document.activeElement.className"))
    assert seen[0] == "skip"
    assert "save" in seen, "the Tab key reaches the end of the page"
    assert page.locator("article").first.get_attribute("aria-labelledby") == "line-1"


@pytest.mark.alone
def test_a_thousand_lines_open_quickly(browser: Any, tmp_path: Path, figures: Figures) -> None:
    folder = Folder(tmp_path / "review", "../script.json")
    take = sound(folder, 3.0, take=1, current=True)
    text = "Every entry of the product is a sum of products of a row and a column."
    lines = (Line(id=f"s{n}", of="", text=text, state="ok", takes=(take,)) for n in range(1000))
    path = write(folder, *lines)
    page = browser.new_page()
    started = time.monotonic()
    page.goto(path.as_uri())
    page.wait_for_selector("article .sound")
    seconds = time.monotonic() - started
    assert page.locator("article").count() == 1000
    assert page.locator("article .sound").count() < 100, "what is far away is not drawn"
    page.evaluate("list.go(list.entries[999])")
    page.wait_for_selector("article:last-child .sound")
    size = path.stat().st_size
    figures.show(f"review page: 1,000 lines open in {seconds:.2f} s, {size / 1e6:.1f} MB")
    page.close()
