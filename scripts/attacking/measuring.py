"""Sends attacks one by one, measures what each costs, and says which bounds it breaks."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from http import HTTPStatus

from scripts.attacking.attacks import Attack
from scripts.attacking.bounds import Bounds
from scripts.attacking.client import Answer, exchange
from scripts.attacking.prober import probing
from scripts.attacking.process import peak_megabytes, read_usage, reset_peak
from scripts.attacking.target import Server

TRIES = 3  # a time that breaks a bound is measured again: this machine may do other work
_CALM_SECONDS = 5.0  # in which a server must answer after an attack, or it is started again

HEAD = ["attack", "answer", "seconds", "MB above", "health ms", "verdict"]


@dataclass(frozen=True)
class Outcome:
    """What an attack did. ``late`` are broken bounds of time, ``wrong`` are all the others."""

    name: str
    word: str
    seconds: float
    megabytes: float
    health_seconds: float
    wrong: list[str] = field(default_factory=list)
    late: list[str] = field(default_factory=list)

    @property
    def broken(self) -> list[str]:
        """Every bound that does not hold, in words."""
        return self.wrong + self.late

    def row(self) -> list[str]:
        """Cells of the table."""
        return [
            self.name,
            self.word,
            f"{self.seconds:.2f}",
            f"{self.megabytes:.0f}",
            f"{self.health_seconds * 1000:.0f}",
            "; ".join(self.broken) or "ok",
        ]


def attack_all(
    server: Server,
    attacks: Iterable[Attack],
    bounds: Bounds,
    patience: float,
    say: Callable[[Outcome], None],
) -> list[Outcome]:
    """An outcome for each attack; ``say`` gets each as soon as it is known."""
    outcomes = []
    for attack in attacks:
        for _ in range(TRIES):
            outcome = measure(server, attack, bounds, patience)
            if not outcome.late or outcome.wrong:
                break
        outcomes.append(outcome)
        say(outcome)
    return outcomes


def measure(server: Server, attack: Attack, bounds: Bounds, patience: float) -> Outcome:
    """Send an attack once. A server that is not well afterwards is started again."""
    sent = attack.sent()
    before = read_usage(server.pid).megabytes
    reset_peak(server.pid)
    with probing(server.port) as prober:
        answer = exchange(server.port, sent, patience)
        megabytes = peak_megabytes(server.pid) - before if server.is_alive else 0.0
        health = prober.slowest
    wrong = [] if server.is_alive else ["the server has ended"]
    if prober.failures:
        wrong.append(f"/health failed {prober.failures} times")
    is_answered = answer.status is not None and answer.status < HTTPStatus.BAD_REQUEST
    wrong += _wrong_answer(attack, answer, answered=is_answered)
    most_seconds = bounds.answered_seconds if is_answered else bounds.refused_seconds
    most_megabytes = bounds.answered_megabytes if is_answered else bounds.refused_megabytes
    if megabytes > most_megabytes:
        wrong.append(f"over {most_megabytes:.0f} MB")
    late = []
    if answer.seconds > most_seconds:
        late.append(f"over {most_seconds:g} s")
    if health > bounds.health_seconds:
        late.append(f"/health over {bounds.health_seconds * 1000:.0f} ms")
    if not server.is_alive or answer.word == "no answer" or not _is_calm(server):
        server.restart()
    return Outcome(attack.name, answer.word, answer.seconds, megabytes, health, wrong, late)


def _wrong_answer(attack: Attack, answer: Answer, *, answered: bool) -> list[str]:
    if answer.status is None:
        return [] if answer.closed and not attack.must_be_answered else [answer.word]
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        allowed = answer.status in (HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.NOT_IMPLEMENTED)
        return [] if allowed else [f"status {answer.status}"]
    if attack.must_be_answered and not answered:
        return ["refused, and should be answered"]
    if answered and not (attack.may_be_answered or attack.must_be_answered):
        return ["answered, and should be refused"]
    return []


def _is_calm(server: Server) -> bool:
    """Whether the server answers at once: nothing of the attack is still at work."""
    health = b"GET /health HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n"
    return exchange(server.port, health, _CALM_SECONDS).status == HTTPStatus.OK
