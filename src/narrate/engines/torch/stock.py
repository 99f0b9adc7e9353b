"""qwen-tts called one by one, as its own examples do: what `narrate bench` measures the torch
engine against.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from narrate.engines import qwen, torch
from narrate.engines.base import Job, Reference, Synthesis
from narrate.request import Clone, Design, Stock

CAPABILITIES = torch.CAPABILITIES


class Engine(torch.Engine):
    """Encodes the recording again for every text, with the sampling and the cap of the torch
    engine.
    """

    def synthesize(
        self, jobs: Sequence[Job], voices: Mapping[str, Reference]
    ) -> Iterator[Synthesis]:
        for job in jobs:
            options = {
                "text": job.request.text,
                "language": qwen.language_name(job.request.language, self.languages),
                "non_streaming_mode": True,
                "max_new_tokens": qwen.max_frames(job) + 1,
                **torch.sampling_options(job),
            }
            match job.request.voice:
                case Clone(ref=digest):
                    reference = voices[digest]
                    options |= {
                        "ref_audio": (reference.samples, reference.rate),
                        "ref_text": reference.transcript,
                    }
                    sounds, rate = self._model.generate_voice_clone(**options)
                case Design(design=description):
                    sounds, rate = self._model.generate_voice_design(
                        instruct=description, **options
                    )
                case Stock() as voice:
                    speaker = qwen.speaker(voice, self.speakers)
                    sounds, rate = self._model.generate_custom_voice(speaker=speaker, **options)
            yield Synthesis(sounds[0], rate)
