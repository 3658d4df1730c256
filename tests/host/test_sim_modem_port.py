"""The pseudo-terminal port and the control socket every simulator uses."""

import asyncio
import json
import os
import socket
import stat

import pytest
import serial

from posterm.sim.control import Control, ControlError, serve
from posterm.sim.ptyport import PortError, PtyPort


def test_bytes_pass_unchanged_in_both_directions_and_clients_may_come_and_go(tmp_path):
    link = tmp_path / "port"
    payload = bytes(range(256))

    async def main():
        port = PtyPort(link)
        assert os.readlink(link) == port.path
        for _ in range(2):
            client = os.open(link, os.O_RDWR | os.O_NOCTTY)
            os.write(client, payload)
            got = b""
            while len(got) < len(payload):
                got += await asyncio.wait_for(port.read(100), 2)
            assert got == payload
            port.write(payload)
            await asyncio.wait_for(port.drain(), 2)
            assert os.read(client, 1000) == payload
            os.close(client)
        port.close()
        assert await port.read() == b""

    asyncio.run(main())
    assert not link.is_symlink()


def test_unread_output_is_dropped_instead_of_blocking():
    async def main():
        port = PtyPort(stall=0.05)
        port.write(b"x" * 500_000)
        await asyncio.wait_for(port.drain(), 2)
        assert port.dropped > 400_000
        client = os.open(port.path, os.O_RDWR | os.O_NOCTTY)
        while len(os.read(client, 65536)) == 65536:
            pass
        port.close()
        os.close(client)

    asyncio.run(main())


def test_a_big_transfer_to_a_slow_reader_arrives_whole():
    data = os.urandom(200_000)

    async def main():
        port = PtyPort()
        client = os.open(port.path, os.O_RDWR | os.O_NOCTTY)
        port.write(data)
        got = bytearray()
        while len(got) < len(data):
            got += await asyncio.to_thread(os.read, client, 3000)
        assert got == data
        assert port.dropped == 0
        port.close()
        os.close(client)

    asyncio.run(main())


@pytest.mark.parametrize("place", ["file", "folder", "foreign"])
def test_a_link_never_replaces_something_else(tmp_path, place):
    link = tmp_path / "port"
    if place == "file":
        link.write_text("precious")
    elif place == "folder":
        link.mkdir()
    else:
        link.symlink_to(tmp_path)

    async def main():
        with pytest.raises(PortError, match="choose another --link"):
            PtyPort(link)

    asyncio.run(main())
    assert link.exists()


def test_a_stale_link_is_replaced_and_a_missing_folder_is_named(tmp_path):
    link = tmp_path / "port"
    link.symlink_to("/dev/pts/99999")

    async def main():
        port = PtyPort(link)
        assert os.readlink(link) == port.path
        port.close()
        with pytest.raises(PortError, match="create its folder"):
            PtyPort(tmp_path / "missing" / "port")

    asyncio.run(main())


async def _echo(command):
    if command["cmd"] == "refuse":
        raise ControlError("not today")
    if command["cmd"] == "wait":
        await asyncio.sleep(command["seconds"])
    return {"seen": command}


def test_control_round_trip_errors_and_cleanup(tmp_path):
    path = tmp_path / "sim.ctl"

    async def main():
        server = await serve(path, _echo)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

        def client():
            with Control(path) as control:
                assert control.call("signal", rssi=7)["seen"] == {"cmd": "signal", "rssi": 7}
                with pytest.raises(ControlError, match="not today"):
                    control.call("refuse")
                with pytest.raises(ControlError, match="'seconds' is missing"):
                    control.call("wait")
                assert control.call("hello", text="早")["seen"]["text"] == "早"
            raw = socket.socket(socket.AF_UNIX)
            raw.connect(str(path))
            raw.sendall(b"not json\n[1]\n")
            answers = raw.makefile()
            assert [json.loads(answers.readline())["ok"] for _ in range(2)] == [False, False]
            answers.close()
            raw.close()

        await asyncio.to_thread(client)
        with pytest.raises(ControlError, match="already listens"):
            await serve(path, _echo)
        await server.close()

    asyncio.run(main())
    assert not path.exists()


def test_control_client_gives_up_and_a_later_answer_is_not_mixed_up(tmp_path):
    path = tmp_path / "sim.ctl"

    async def main():
        server = await serve(path, _echo)

        def client():
            control = Control(path, timeout=0.1)
            with pytest.raises(ControlError, match="no answer"):
                control.call("wait", seconds=0.3)
            assert control.call("next")["seen"] == {"cmd": "next"}
            assert control.call("wait", seconds=0.2, timeout=1)["ok"]
            control.close()

        await asyncio.to_thread(client)
        await server.close()

    asyncio.run(main())


def test_stale_socket_is_replaced_other_things_are_not(tmp_path):
    path = tmp_path / "sim.ctl"
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(path))
    left.close()

    async def main():
        await (await serve(path, _echo)).close()
        path.write_text("precious")
        with pytest.raises(ControlError, match="is no socket"):
            await serve(path, _echo)
        with pytest.raises(ControlError, match="longer than"):
            await serve(tmp_path / ("x" * 120), _echo)

    asyncio.run(main())
    assert path.read_text() == "precious"


def test_the_port_knows_the_speed_its_client_has_set():
    async def main():
        port = PtyPort()
        for speed in (9600, 115200, 460800):
            with serial.Serial(port.path, speed):
                assert port.client_speed == speed
        port.close()

    asyncio.run(main())
