"""Any order of queueing, modem's whims, reports, payments, power cuts and clocks: no phone gets a notice twice."""

import asyncio
import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import virtualclock
from notices_network import Cut, Network, PowerCut
from terminal.notices.outbox import OutboxFull
from test_notices_sender import Terminal

NUMBERS = ("13812345678", "13900001111")
OUTCOMES = ("ok", "gone", "lost", "broken", "early", "down", "preempted", "no sim", 8, 21, 38, 331, 500)
KEYS = 4
VALIDITY = 4 * 3600

steps_of_any_kind = st.one_of(
    st.tuples(st.just("queue"), st.integers(0, KEYS - 1)),
    st.tuples(st.just("plan"), st.sampled_from(OUTCOMES)),
    st.tuples(st.just("wait"), st.sampled_from((1, 3, 15, 100, 400, 700, 4000, 16000))),
    st.tuples(st.just("fate"), st.integers(0, 5), st.sampled_from(("delivered", "failed", "abandoned"))),
    st.tuples(st.just("report"), st.integers(0, 5), st.booleans()),
    st.tuples(st.just("cut"), st.integers(1, 12), st.sampled_from((1, 300, 5000))),
    st.tuples(st.just("restart"), st.sampled_from((0, 60, 3000))),
    st.tuples(st.just("ready"), st.booleans()),
    st.tuples(st.just("again"), st.integers(0, KEYS - 1), st.booleans(), st.booleans()),
    st.tuples(st.just("cancel"), st.integers(0, KEYS - 1)),
)
clock_steps = st.tuples(st.just("clock"), st.sampled_from((-900_000_000, -4000, -700, 700, 4000, 50_000, 900_000)))
modem_steps = st.tuples(st.just("count"), st.just(250))


plans = st.lists(st.sampled_from(OUTCOMES), min_size=1, max_size=12)


def mixed(*more):
    """Mostly time that passes and reports, since little else shows a mistake."""
    often = [steps_of_any_kind, st.tuples(st.just("wait"), st.sampled_from((15, 100, 700)))]
    often.append(st.tuples(st.just("report"), st.integers(0, 5), st.booleans()))
    return st.lists(st.one_of(*often, *more), min_size=5, max_size=40)


def text_of(key):
    return chr(0x5000 + key) * (60, 60, 100, 150)[key]


class World:
    """What outlasts a power cut: storage, network, the wall clock's error, and how often a person insisted."""

    def __init__(self, directory, plan, steps):
        self.directory = str(directory)
        self.plan = list(plan)
        self.steps = [("queue", key) for key in range(KEYS)] + list(steps)
        self.network = Network()
        self.error = 0
        self.allowed = [1] * KEYS
        self.time = 0

    def clock(self):
        return max(0, self.network.now() + self.error)

    def run(self, coroutine, cut):
        """One power-up; the time it took counts for the next."""
        off = 0
        try:
            off = virtualclock.run(self._timed(coroutine, cut), limit=30 * 86400) or 0
        except PowerCut:
            off = self.off
        self.network.elapsed += self.time + off

    async def _timed(self, coroutine, cut):
        self.time = 0
        self.off = 1
        loop = asyncio.get_running_loop()
        try:
            return await coroutine(cut)
        finally:
            self.time = int(loop.time()) + 1

    def check(self):
        for key in range(KEYS):
            text = text_of(key)
            shown = sum(self.network.inbox(number).count(text) for number in NUMBERS)
            assert shown <= self.allowed[key], "shown %d times" % shown

    async def power_up(self, cut):
        network = self.network
        terminal = Terminal(self.directory, network, wrap=cut.journal, cut=cut, now=self.clock, validity=VALIDITY)
        terminal.modem.plan = self.plan
        while self.steps:
            step, *rest = self.steps.pop(0)
            if step == "restart":
                terminal.task.cancel()
                return rest[0]
            if step == "cut":
                cut.at, self.off = cut.count + rest[0], rest[1]
            else:
                await getattr(self, "_" + step)(terminal, *rest)
            self.check()
        terminal.task.cancel()
        return 0

    async def _queue(self, terminal, key):
        try:
            terminal.queue("%d-m" % key, text_of(key), NUMBERS[key % 2])
        except OutboxFull:
            raise AssertionError from None

    async def _plan(self, terminal, outcome):
        self.plan.append(outcome)

    async def _wait(self, terminal, seconds):
        await terminal.seconds(seconds)

    async def _ready(self, terminal, ready):
        terminal.modem.ready = ready

    async def _fate(self, terminal, back, fate):
        if back < len(self.network.submitted):
            self.network.end(-1 - back, fate)

    async def _report(self, terminal, back, national):
        if back < len(self.network.submitted):
            index = len(self.network.submitted) - 1 - back
            terminal.sender.on_pdu("CDS", self.network.truth(index, number="+86" + self.network.submitted[index][0]))

    async def _again(self, terminal, key, force, other):
        names = [summary[0] for summary in terminal.box.entries() if summary[0][0] == str(key)]
        if not names:
            return
        old = terminal.box.state(names[-1])
        # its network may have delivered what no report came for; and a clock that was set tells nothing about age
        uncertain = force or (old is not None and old[1] == "no report") or self.error
        self.allowed[key] += bool(uncertain)
        try:
            terminal.box.resend(names[-1], NUMBERS[1 - key % 2] if other else None, force)
        except ValueError:
            self.allowed[key] -= bool(uncertain)

    async def _cancel(self, terminal, key):
        terminal.box.cancel("%d-m" % key)

    async def _clock(self, terminal, seconds):
        self.error += seconds

    async def _count(self, terminal, reference):
        self.network.next_reference = reference

    async def settle(self, cut):
        """Everything works at last: every message that can arrives, half of the reports come."""
        terminal = Terminal(self.directory, self.network, now=self.clock, validity=VALIDITY)
        for _ in range(6):
            for index in range(len(self.network.submitted)):
                self.network.end(index, "delivered")
                if index % 2:
                    terminal.sender.on_pdu("CDS", self.network.truth(index))
            await terminal.seconds(VALIDITY // 4)
            self.check()
        assert terminal.box.open_count == 0
        for summary in terminal.box.entries():
            assert summary[4] in ("delivered", "failed", "sent")
            assert summary[4] == "delivered" or summary[5], "no cause"
            if summary[4] == "delivered" and not self.error:
                text = text_of(int(summary[0][0]))
                assert any(text in self.network.inbox(number) for number in NUMBERS), "claimed, not delivered"
        terminal.task.cancel()


def live(directory, plan, steps):
    world = World(directory, plan, steps)
    while world.steps:
        world.run(world.power_up, Cut())
    world.run(world.settle, Cut())


@pytest.fixture(autouse=True)
def no_waiting_for_the_disk(monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda handle: None)


examples = settings(
    deadline=None,
    max_examples=100,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@examples
@given(plan=plans, steps=mixed(modem_steps))
def test_with_a_right_clock(tmp_path_factory, plan, steps):
    """The modem may count its references from the beginning again."""
    live(tmp_path_factory.mktemp("box"), plan, steps)


@examples
@given(plan=plans, steps=mixed(clock_steps))
def test_with_a_clock_that_jumps(tmp_path_factory, plan, steps):
    """Somebody sets it, or its battery is empty."""
    live(tmp_path_factory.mktemp("box"), plan, steps)
