"""Can the engines that a run needs be used here? Asked before anything is spoken."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from narrate.config import Settings
from narrate.engines import registry
from narrate.engines.base import Auto, ModelRef, Unusable
from narrate.errors import EnvironmentProblem
from narrate.planning.casting import Choice
from narrate.workers import environments, models
from narrate.workers.environments import Warn


class EnginesMissing(EnvironmentProblem):
    """Engines that a run needs cannot be used here; `offer` is what `narrate run` can do instead,
    if anything.
    """

    def __init__(self, what: str, *, hint: str, offer: str) -> None:
        self.offer = offer
        super().__init__(what, hint=hint)


def problem(choice: Choice, settings: Settings, warn: Warn) -> EnvironmentProblem | None:
    """Why an engine cannot speak with its model here, or None if nothing stands in the way.

    Its interpreter, packages, server and model are looked for. Nothing is loaded or downloaded, so
    an engine may still fail when it loads. `warn` is called as `environments.find` says.
    """
    try:
        environments.require(choice.name, settings, warn)
        _check_server(choice)
        _check_model(choice)
    except EnvironmentProblem as found:
        return found
    return None


def require(choices: Iterable[Choice], settings: Settings, warn: Warn) -> None:
    """Raises one EnginesMissing that names everything that is missing for these engines."""
    found: dict[str, EnvironmentProblem] = {}
    for choice in dict.fromkeys(choices):
        if missing := problem(choice, settings, warn):
            found[str(missing)] = missing
    if not found:
        return
    hints = dict.fromkeys(each.hint for each in found.values())
    embedded = registry.automatic(Auto.DEFAULT_VOICE).name
    offer = "" if settings.stand_in else f"or, for now, add --stand-in {embedded}"
    raise EnginesMissing("; ".join(found), hint="; ".join(hints), offer=offer)


def _check_server(choice: Choice) -> None:
    """Have the engine's own module look, if it can. Raises EnvironmentProblem."""
    check = getattr(registry.module(choice.name), "check", None)
    if check is None:
        return
    try:
        check(choice.model)
    except Unusable as unusable:
        what, _, step = str(unusable).partition("; ")
        raise EnvironmentProblem(
            what,
            where=f"engine {choice.name}",
            hint=step or "choose another --engine",
        ) from unusable


def _check_model(choice: Choice) -> None:
    """Raises EnvironmentProblem for a model that is not here and may not be downloaded, and for a
    folder that holds no model.
    """
    model = choice.model
    if models.from_hub(model, choice.name):
        if model.offline:
            models.fetch(model, "", lambda done, total: None)
    elif registry.capabilities(choice.name).models and not _holds_model(model):
        raise EnvironmentProblem(
            "this folder is not a model: it has no config.json",
            where=model.name,
            hint="name another --model; see `narrate models list`",
        )


def _holds_model(model: ModelRef) -> bool:
    return (Path(model.name) / "config.json").is_file()
