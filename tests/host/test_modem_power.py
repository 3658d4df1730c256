"""Pulses at the modem's key, as long as its family wants them and no more often than it stands."""

import asyncio

import pytest

import virtualclock
from modem import family
from modem.power import Power
from test_modem import Bench


class Module:
    """A module as its hardware manual describes it: the key toggles it when it is held long enough."""

    def __init__(self, on_ms, off_ms, going_s, booted=False):
        self.on_ms, self.off_ms, self.going_s = on_ms, off_ms, going_s
        self.running, self.supplied, self.busy_until = booted, True, 0
        self.down = None
        self.presses = []
        self.early = 0

    def now(self):
        return asyncio.get_running_loop().time()

    def key(self, level):
        if level:
            self.down = self.now()
            return
        held = 1000 * (self.now() - self.down) + 0.001
        self.presses.append(held)
        if self.now() < self.busy_until:
            self.early += 1
        elif self.running and held >= self.off_ms:
            self.running = False
            self.busy_until = self.now() + self.going_s
        elif not self.running and held >= self.on_ms and self.supplied:
            self.running = True

    def supply(self, level):
        self.supplied = bool(level)
        if not level:
            self.running = False

    def reset(self, level):
        if not level:
            self.presses.append("reset")

    def status(self):
        return int(self.running or self.now() < self.busy_until)


# hardware manuals: key for on, key for off, s to go down
HARDWARE = {"SIM800": (1000, 1500, 3), "SIM7600": (500, 2500, 20), "A7670": (50, 2500, 2), "EC200": (2000, 650, 8)}


def play(name, scenario, booted=False):
    async def main():
        return await scenario(Module(*HARDWARE[name], booted=booted), family(name))

    return virtualclock.run(main())


@pytest.mark.parametrize("name", HARDWARE)
@pytest.mark.parametrize("with_status", [True, False])
def test_on_off_and_on_again(name, with_status):
    async def scenario(module, profile):
        power = Power(module.key, status=module.status if with_status else None)
        await power.on(profile)
        assert module.running
        await power.off(profile)
        assert not module.running
        await power.on(profile)
        assert module.running
        await power.reset(profile)
        assert module.running and module.early == 0 and len(module.presses) == 5

    play(name, scenario)


@pytest.mark.parametrize("name", HARDWARE)
def test_the_status_pin_saves_a_press_that_would_do_the_opposite(name):
    async def scenario(module, profile):
        power = Power(module.key, status=module.status)
        await power.on(profile)
        assert module.running and module.presses == []
        await power.off(profile)
        await power.off(profile)
        assert not module.running and len(module.presses) == 1

    play(name, scenario, booted=True)


def test_reset_pin_and_supply_come_before_the_key():
    async def scenario(module, profile):
        await Power(module.key, status=module.status, reset=module.reset).reset(profile)
        assert module.presses == ["reset"] and module.running
        module.presses.clear()
        loop = asyncio.get_running_loop()
        start = loop.time()
        await Power(module.key, supply=module.supply).reset(profile)
        assert len(module.presses) == 1 and module.running and loop.time() - start > profile.off_s
        await Power(module.key, status=module.status, supply=module.supply).off(profile)
        assert not module.supplied

    play("SIM7600", scenario, booted=True)


def test_the_key_is_let_go_when_the_task_is_cancelled():
    async def scenario(module, profile):
        task = asyncio.create_task(Power(module.key).on(profile))
        await asyncio.sleep(0.1)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert len(module.presses) == 1 and not module.running

    play("SIM800", scenario)


@pytest.mark.parametrize(("name", "most"), [("SIM7600", 42), ("EC200", 14)])
def test_a_dead_modem_gets_fewer_power_cycles_the_longer_it_is(name, most):
    async def scenario(b):
        b.peer.dead = True
        b.power._up = lambda: None
        await asyncio.sleep(6 * 3600)
        assert 8 < len(b.power.calls) <= most

    Bench(power=True, profile=name).run(scenario, limit=7 * 3600, ready=False)
