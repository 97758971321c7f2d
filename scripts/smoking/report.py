"""The report: a table for the models, one for latency, the routes, and what differs, by name."""

import json
from dataclasses import asdict, dataclass, field
from http import HTTPStatus
from typing import Any

from scripts.attacking.table import table
from scripts.smoking.differences import Difference
from scripts.smoking.latency import Latency
from scripts.smoking.replaying import Replayed
from scripts.smoking.routes import Routes

_MODELS = ("model", "engine", "requests", "rows", "worst difference", "result")
_LATENCY = ("latency", "requests", "first ms", "p50 ms", "p99 ms")


@dataclass
class Report:
    """What a run has found so far; it is shown as it is where the run is stopped."""

    address: str
    first_seconds: float = 0.0
    models: list[Replayed] = field(default_factory=list)
    latencies: list[Latency] = field(default_factory=list)
    routes: Routes = field(default_factory=Routes)
    others: list[Difference] = field(default_factory=list)  # of no replay, and of no route
    notes: list[str] = field(default_factory=list)
    requests: int = 0
    connections: int = 0
    waits: int = 0

    @property
    def differences(self) -> list[Difference]:
        """All of them."""
        replayed = [each for model in self.models for each in model.differences]
        return [*self.others, *replayed, *self.routes.differences]

    def text(self) -> str:
        """For people."""
        blocks = []
        if self.models:
            blocks.append(table(_MODELS, [_row(model) for model in self.models]))
        blocks.append(self._routes())
        if self.latencies:
            blocks.append(table(_LATENCY, [_latency_row(each) for each in self.latencies]))
        blocks.append(
            f"first answer after {self.first_seconds * 1000:.0f} ms, with connecting; "
            f"{_count(self.requests, 'request')} over {_count(self.connections, 'connection')}"
            + (f", {self.waits} of them sent again because it was busy" if self.waits else "")
        )
        notes = [*self.notes, *(note for model in self.models for note in model.notes)]
        if notes:
            blocks.append("\n".join(f"note: {note}" for note in notes))
        if self.differences:
            head = _count(len(self.differences), "difference")
            blocks.append("\n".join([f"{head} at {self.address}:", *map(str, self.differences)]))
        else:
            blocks.append(f"no difference at {self.address}")
        return "\n\n".join(blocks)

    def json(self) -> str:
        """For programs."""
        content: dict[str, Any] = {
            "address": self.address,
            "ok": not self.differences,
            "first_milliseconds": round(self.first_seconds * 1000, 3),
            "requests": self.requests,
            "connections": self.connections,
            "waits": self.waits,
            "models": [
                {
                    "name": model.metadata.name,
                    "version": model.metadata.version,
                    "engine": model.metadata.engine,
                    "requests": model.requests,
                    "rows": model.rows,
                    "worst_difference": model.worst if model.rows else None,
                    "ok": not model.differences,
                    "notes": model.notes,
                }
                for model in self.models
            ],
            "routes": {"asked": self.routes.asked, "skipped": self.routes.skipped},
            "latency": [asdict(each) for each in self.latencies],
            "notes": self.notes,
            "differences": [asdict(each) for each in self.differences],
        }
        return json.dumps(content, indent=1) + "\n"

    def _routes(self) -> str:
        bad = {each.where for each in self.routes.differences}
        head = f"routes: {len(self.routes.asked)} asked with their documented examples, "
        lines = [f"{head}{len(bad)} not as documented, {len(self.routes.skipped)} not asked"]
        lines += [
            f"  {name}: {status}, which its endpoint documents"
            for name, status in self.routes.asked.items()
            if status >= HTTPStatus.BAD_REQUEST and name not in bad
        ]
        lines += [f"  {name}: not asked, {why}" for name, why in self.routes.skipped.items()]
        return "\n".join(lines)


def _row(model: Replayed) -> list[str]:
    result = "ok" if not model.differences else _count(len(model.differences), "difference")
    return [
        model.metadata.name,
        model.metadata.engine,
        str(model.requests),
        str(model.rows),
        f"{model.worst:.1e}" if model.rows else "-",
        result,
    ]


def _latency_row(latency: Latency) -> list[str]:
    times = (latency.first, latency.p50, latency.p99)
    return [latency.model, str(latency.requests), *(f"{each:.1f}" for each in times)]


def _count(number: int, what: str) -> str:
    return f"{number} {what}" + ("" if number == 1 else "s")
