"""openai: any server that speaks `POST /v1/audio/speech`, with many requests in flight.

OpenAI's own models take a speaker and instructions. Other servers are asked as vllm-omni is: for
cloning with `ref_audio` and `ref_text`, for a designed voice with `instructions`, and with
`language` and `seed`.
"""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import SplitResult

from narrate.base import languages
from narrate.base.limits import ANSWERS_BYTES
from narrate.engines.base import Capabilities, Job, ModelRef, Reference, Synthesis, Unusable
from narrate.engines.openai import riff
from narrate.engines.openai.budget import Budget, Share
from narrate.engines.openai.server import Answer, Server, is_here, parse
from narrate.request import Clone, Design, Stock
from narrate.sound import audio, wav

LANGUAGES = (
    "en af ar az be bg bs ca cs cy da de el es et fa fi fr gl he hi hr hu hy id is it ja kk kn ko "
    "lt lv mi mk mr ms ne nl no pl pt ro ru sk sl sr sv sw ta th tl tr uk ur vi zh"
)
"""What OpenAI's models are said to speak; the first is the default. A server may refuse some of
them.
"""

CAPABILITIES = Capabilities(
    name="openai",
    behaviour=1,
    model="tts-1",
    languages=tuple(LANGUAGES.split()),
    speakers=(),
    voices=("speaker", "clone", "design"),
    packages=("numpy",),
    rtf=0.1,
    batch=64,
    side_by_side=False,
    needs_server=True,
)

PLAIN = re.compile(r"(tts-1|gpt-4o-mini-tts)(-[\w-]+)?")
"""The names of OpenAI's own models: they take nothing that is not in OpenAI's own documentation."""

DEFAULT_SPEAKER = "alloy"
"""OpenAI's own models need a speaker; other servers have a default."""

PATIENCE = 0.8
"""The share of a line's time after which a request is given up, while it can still be said what
went wrong.
"""

PCM_RATE = 24_000
"""Hz, of OpenAI's bare samples."""

NAMES = {code: name.title() for code, name in languages.NAMES.items()}
"""How vllm-omni calls languages; it takes others by their codes where a model has them."""

OWN_KEY, OPENAI_KEY = "NARRATE_OPENAI_API_KEY", "OPENAI_API_KEY"

OPENAI_SERVER = ("https", "api.openai.com", 443)
"""Whose key OPENAI_API_KEY is."""

NO_SERVER = (
    "no server is named; write into narrate.toml: "
    'engines.openai.base_url = "http://127.0.0.1:8091/v1"'
)


class Engine:
    """Sends each job as a request of its own, so many at once as `concurrency` says."""

    def load(self, model: ModelRef) -> None:
        """Find the server; what it cannot do it says when it is asked to speak."""
        self._server = _reached(model)
        options = dict(model.options)
        self._model = f"{model.name}@{model.revision}" if model.revision else model.name
        self._plain = PLAIN.fullmatch(self._model) is not None
        self._references: dict[str, dict[str, Any]] = {}
        self._budget = Budget(ANSWERS_BYTES)
        self._pool = ThreadPoolExecutor(int(options["concurrency"]))

    def synthesize(
        self, jobs: Sequence[Job], voices: Mapping[str, Reference]
    ) -> Iterator[Synthesis | Exception]:
        """Ask for all of them at once; the results come in the order of the jobs."""
        for digest in voices.keys() - self._references.keys():
            self._references[digest] = _fields(voices[digest])
        shares = [self._budget.share() for _ in jobs]
        for share, result in zip(shares, self._pool.map(self._attempt, jobs, shares), strict=True):
            yield result
            share.close()

    def close(self) -> None:
        """Let the requests in flight end, and send no more."""
        self._pool.shutdown(cancel_futures=True)

    def _attempt(self, job: Job, share: Share) -> Synthesis | Exception:
        """A failure is the result of its own job alone."""
        try:
            return _sound(self._server.post("/audio/speech", self._document(job), share))
        except Exception as error:
            share.empty()
            return error

    def _document(self, job: Job) -> dict[str, Any]:
        """What is asked of the server. Raises Unusable for a voice that the model does not take."""
        request = job.request
        document = {
            "model": self._model,
            "input": request.text,
            "response_format": "wav",
            **self._voice(job),
        }
        document |= {name: float(value) for name, value in request.sampling.items()}
        if not self._plain:
            document["language"] = NAMES.get(request.language, request.language)
            # A server may have a fixed seed of its own, with which another attempt would say the
            # same again.
            if request.seed is not None or request.take > 1 or job.attempt > 1:
                document["seed"] = job.seed
        return document

    def _voice(self, job: Job) -> dict[str, Any]:
        match job.request.voice:
            case Stock(speaker=speaker, instruct=instruct):
                if speaker is None and self._plain:
                    speaker = DEFAULT_SPEAKER
                fields = {"voice": speaker, "instructions": instruct}
                return {name: value for name, value in fields.items() if value is not None}
            case _ if self._plain:
                raise Unusable(
                    f"OpenAI's {self._model} speaks with its own speakers only;"
                    " name another --model"
                )
            case Clone(ref=digest):
                return self._references[digest]
            case Design(design=description):
                return {"task_type": "VoiceDesign", "instructions": description}


def check(model: ModelRef) -> None:
    """Raises Unusable unless a server is named, and answers."""
    _reached(model)


def _reached(model: ModelRef) -> Server:
    """The server that the options of a model name. Raises Unusable unless it answers."""
    options = dict(model.options)
    if "base_url" not in options:
        raise Unusable(NO_SERVER)
    url = parse(options["base_url"])
    if model.offline and not is_here(url):
        raise Unusable(
            f"this run is offline, and {url.hostname} is not this machine; "
            "name a server on this machine, or run without --offline"
        )
    seconds = PATIENCE * float(options["timeout"])
    key, withheld = find_key(url, options.get("servers", "").split(), os.environ)
    server = Server(options["base_url"], key, seconds, withheld)
    server.reach()
    return server


def withheld_key(url: str, servers: Sequence[str]) -> str:
    """Why the key in the environment is not sent to a server, or "". Raises Unusable."""
    return find_key(parse(url), servers, os.environ)[1]


def find_key(
    url: SplitResult, servers: Iterable[str], environment: Mapping[str, str]
) -> tuple[str | None, str]:
    """The key from the environment that belongs to a server, if any; else why one is withheld, in
    words.

    `servers` are those that the user's own settings name. OPENAI_API_KEY belongs to OpenAI and to
    these, but never goes over the network in the clear; NARRATE_OPENAI_API_KEY to these, or to
    OpenAI if there are none. What a project names gets no key, as it could be anybody's server, on
    this machine too. Raises Unusable for an odd key.
    """
    own = [_place(parse(server)) for server in servers if _is_sound(server)]
    named, openai = _place(url) in own, _place(url) == OPENAI_SERVER
    private = url.scheme == "https" or is_here(url)
    belongs = {OWN_KEY: named or (openai and not own), OPENAI_KEY: (named or openai) and private}
    there = [name for name in belongs if environment.get(name, "").strip()]
    for name in there:
        if belongs[name]:
            return _checked(environment[name].strip()), ""
    if not there:
        return None, ""
    if named:
        return None, f"{OPENAI_KEY} is not sent over the network in the clear; set {OWN_KEY}"
    what = f"the key in {there[0]} was not sent, as only a project names this server"
    where = "name it in your own settings too, or in NARRATE_OPENAI_BASE_URL"
    return None, f"{what}; if the key belongs there, {where}"


def _checked(key: str) -> str:
    if not (key.isascii() and key.isprintable()):
        raise Unusable(
            "the key in the environment holds a character that is not a letter, digit or sign"
        )
    return key


def _is_sound(base_url: str) -> bool:
    try:
        return bool(parse(base_url))
    except Unusable:
        return False


def _place(url: SplitResult) -> tuple[str, str, int]:
    """What makes two addresses one server."""
    return url.scheme, url.hostname or "", url.port or (443 if url.scheme == "https" else 80)


def _fields(reference: Reference) -> dict[str, Any]:
    """A reference as vllm-omni takes it: the recording as a data URL, and its transcript."""
    sound = wav.header(reference.samples.size, reference.rate) + audio.pcm16(reference.samples)
    said = (
        {"ref_text": reference.transcript} if reference.transcript else {"x_vector_only_mode": True}
    )
    return {
        "task_type": "Base",
        "ref_audio": "data:audio/wav;base64," + base64.b64encode(sound).decode(),
        **said,
    }


def _sound(answer: Answer) -> Synthesis:
    """The sound of an answer; bare samples only where the server says that they are. Raises
    riff.BadSound.
    """
    kind = answer.headers.get_content_type()
    if answer.body[:4] == b"RIFF" or kind not in ("audio/pcm", "audio/x-pcm"):
        try:
            return riff.read(answer.body, whole=answer.whole)
        except riff.BadSound as bad:
            raise riff.BadSound(f"what the server sent as {kind} cannot be used: {bad}") from bad
    if not answer.whole:
        raise riff.BadSound("nothing says whether the samples are all there")
    rate = str(answer.headers.get_param("rate", PCM_RATE))
    return riff.read_pcm(answer.body, int(rate) if rate.isdecimal() else 0)
