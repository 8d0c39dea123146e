"""Who works on what while a command waits: read from the store, beside the run, once a second.

On a terminal a few lines that change in place; in a pipe or a log one line for each thing that began or came of it.
With `--json` a program reads, and nothing is said.
"""

import os
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import IO

from rich.live import Live
from rich.text import Text

from marketeer_dagster.cli.screen import Screen, errors, wants_json
from marketeer_dagster.cli.wrapping import clean, wrapped
from marketeer_dagster.model.errors import MarketeerError
from marketeer_dagster.model.ids import CampaignKey
from marketeer_dagster.store import Store
from marketeer_dagster.store.llm_rows import CallState, LlmCall

LOOK_S = 1.0
ROLES = {"draft": "writes", "revise": "revises", "plan": "plans", "look-back": "looks back"}
Say = Callable[[str], None]


def doing(purpose: str) -> str:
    """A call's purpose (`<skill>/<role>`) as a sentence about who works on what."""
    skill, _, role = purpose.partition("/")
    reviewer = role.removeprefix("review-")
    return f"{reviewer} reviews {skill}" if reviewer != role else f"{skill} {ROLES.get(role, role)}".strip()


@dataclass
class Watch:
    """What is known of a campaign's work so far."""

    store: Store
    key: CampaignKey
    began: float = field(default_factory=time.monotonic)
    stage: str = ""
    cost_usd: Decimal = Decimal(0)
    calls: int = 0
    _seen: set[str] = field(default_factory=set[str])
    _since: dict[str, float] = field(default_factory=dict[str, float])
    _at_work: tuple[LlmCall, ...] = ()

    def __post_init__(self) -> None:
        for _ in self.look():  # what was done before is no news
            pass

    def look(self) -> Iterator[str]:
        """Read how things stand; yields what is new since the last look, in order."""
        spend = self.store.llm.totals(campaign=self.key)
        self.cost_usd, self.calls = spend.cost_usd, spend.calls
        calls = self.store.llm.list(campaign=self.key)
        self._at_work = tuple(call for call in calls if call.state is CallState.RESERVED)
        for call in calls:
            self._since.setdefault(call.id, time.monotonic())
        yield from self._fresh((call.id, doing(call.purpose)) for call in calls)
        yield from self._fresh(
            (review.id, f"{review.reviewer} on {self._skill(review.artefact)} version {review.version}: "
             f"{review.verdict.value} at {review.score:.1f}")
            for review in self.store.reviews.list(campaign=self.key)
        )  # fmt: skip
        yield from self._fresh(
            (f"{p.id} {p.state.value}", f"{p.tool} {p.target}: {p.state.value}")
            for p in self.store.publications.list(campaign=self.key)
        )

    def standing(self, width: int) -> list[str]:
        """The lines that change in place: the whole, then everybody who is at work."""
        head = f"{self.elapsed} · {self.calls} Claude calls · ${self.cost_usd:.2f}"
        lines = [f"{self.stage} · {head}" if self.stage else head]
        for call in self._at_work:
            lines.append(f"  {doing(call.purpose)}, {time.monotonic() - self._since[call.id]:.0f} s")
        return [piece for line in lines for piece in wrapped(line, width, later=2)]

    @property
    def elapsed(self) -> str:
        minutes, seconds = divmod(int(time.monotonic() - self.began), 60)
        return f"{minutes:02d}:{seconds:02d}"

    def line(self, news: str) -> str:
        """A piece of news with time and cost."""
        return f"{self.elapsed} ${self.cost_usd:.2f}  {news}"

    def _fresh(self, events: Iterable[tuple[str, str]]) -> Iterator[str]:
        for name, news in events:
            if name not in self._seen:
                self._seen.add(name)
                yield news

    def _skill(self, artefact: str) -> str:
        return self.store.artefacts.get(artefact).skill


@contextmanager
def watching(store: Store, key: CampaignKey) -> Generator[Say]:
    """Show the work on a campaign for the length of the block; yields what says which stage it is in.

    The store is read in a thread of its own. What goes wrong there ends the showing and never the work.
    """
    if wants_json() and not errors.is_terminal:
        yield lambda line: None
        return
    ended = threading.Event()
    with own_stream() as stream, _shown(Watch(store, key), stream) as shown:
        thread = threading.Thread(target=_keep_looking, args=(shown, ended), daemon=True, name="progress")
        thread.start()
        try:
            yield shown.stage
        finally:
            ended.set()
            thread.join()
            shown.look()


@contextmanager
def own_stream() -> Generator[IO[str]]:
    """Standard error as it is now: Dagster leads the process's own into a step's log for as long as the step runs."""
    with os.fdopen(os.dup(sys.stderr.fileno()), "w", encoding="utf-8", errors="replace", buffering=1) as stream:
        yield stream


def _shown(watch: Watch, stream: IO[str]) -> "_Shown":
    screen = Screen(file=stream, highlight=False)
    return _OnTerminal(watch, screen) if screen.is_terminal else _InPipe(watch, screen)


def _keep_looking(shown: "_Shown", ended: threading.Event) -> None:
    while not ended.wait(LOOK_S):
        shown.look()


class _Shown:
    """One way to show a watch."""

    def __init__(self, watch: Watch, screen: Screen) -> None:
        self.watch, self.screen = watch, screen

    def __enter__(self) -> "_Shown":
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to put away."""

    def stage(self, line: str) -> None:
        """What runs now."""
        self.watch.stage = line
        self.say(self.watch.line(line))

    def look(self) -> None:
        """Show what is new. A store that cannot be read now is read again at the next look."""
        try:
            for news in self.watch.look():
                self.say(self.watch.line(news))
        except MarketeerError:
            return

    def say(self, line: str) -> None:
        """A line that stays."""
        width = self.screen.wide
        for piece in wrapped(clean(line), width - 1, later=14) if width else [clean(line)]:
            self.screen.print(Text(piece, "dim"), soft_wrap=True)


class _InPipe(_Shown):
    """Lines, and nothing that changes."""


class _OnTerminal(_Shown):
    def __init__(self, watch: Watch, screen: Screen) -> None:
        super().__init__(watch, screen)
        self._live = Live(
            console=screen, get_renderable=self._lines, refresh_per_second=2, transient=True,
            redirect_stdout=False, redirect_stderr=False,
        )  # fmt: skip

    def __enter__(self) -> "_Shown":
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def _lines(self) -> Text:
        return Text("\n".join(self.watch.standing((self.screen.wide or 80) - 1)), "bold", no_wrap=True)
