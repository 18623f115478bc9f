"""Every way in which a model endpoint goes wrong, and what a contact then sees."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

#: Seconds of a delay that is longer than any time limit of ours.
ENDLESS: Final = 60

Outcome = Literal["handed_over", "answered"]


@dataclass(frozen=True)
class ModelFault:
    """A fault of the stand-in with its options, and what becomes of the message."""

    kind: str
    outcome: Outcome
    options: Mapping[str, Any] = field(default_factory=dict)
    #: Where it is told to strike; everywhere without.
    methods: tuple[str, ...] = ("chat/completions",)

    @property
    def name(self) -> str:
        """For a table."""
        said = " ".join(f"{name}={value}" for name, value in self.options.items())
        return f"{self.kind} {said}".strip()

    def rule(self) -> dict[str, Any]:
        """As the stand-in takes it."""
        return {"kind": self.kind, "methods": list(self.methods), **self.options}


def _gone(kind: str, **options: Any) -> ModelFault:
    return ModelFault(kind, "handed_over", options)


def _harmless(kind: str, *methods: str, **options: Any) -> ModelFault:
    return ModelFault(kind, "answered", options, methods or ("chat/completions",))


#: One or more for each kind that the stand-in knows; a kind without one fails a test.
MODEL_FAULTS: Final = (
    # Down, hanging, slow.
    _gone("reset"),
    _gone("reset", accepted=True),
    _gone("hang", seconds=ENDLESS),
    _gone("hang", seconds=ENDLESS, accepted=True),
    _gone("latency", seconds=ENDLESS),
    _gone("slow_body", seconds=ENDLESS),
    # Refusing. A short hint is followed, a long one is not waited for.
    _gone("rate_limit", retry_after=300),
    _gone("rate_limit", retry_after_ms=300_000),
    _harmless("rate_limit", retry_after=1, times=1),
    _harmless("rate_limit", retry_after_ms=50, times=1),
    _gone("quota"),
    _gone("server_error"),
    _gone("server_error", status=503, should_retry=False),
    _harmless("server_error", times=1),
    _gone("bad_gateway"),
    _gone("unauthorized"),
    _gone("forbidden"),
    _gone("not_found"),
    _gone("conflict"),
    _gone("unprocessable"),
    _gone("context_length"),
    _harmless("context_length", times=1),
    _harmless("no_structured_output"),
    # Garbage with a 200.
    _gone("html"),
    _gone("not_json"),
    _gone("error_body"),
    _gone("no_choices"),
    _harmless("no_usage"),
    _gone("no_finish_reason"),
    _gone("length"),
    _harmless("length", times=1),
    _gone("content_filter"),
    _gone("refusal"),
    _gone("empty"),
    _gone("garbage"),
    _gone("bad_arguments"),
    # Of streams, which we do not ask for.
    _harmless("no_done"),
    _harmless("cut_stream"),
    _harmless("hang_stream", seconds=ENDLESS),
    _harmless("error_chunk"),
    # Of vectors: words alone are compared then.
    _harmless("shuffled", "embeddings"),
    _harmless("too_few", "embeddings"),
)

#: For a run that has to be short: down, hanging, slow, garbage.
SOME_FAULTS: Final = tuple(
    one
    for one in MODEL_FAULTS
    if one
    in (_gone("reset"), _gone("hang", seconds=ENDLESS), _gone("slow_body", seconds=ENDLESS), _gone("garbage"))
)
