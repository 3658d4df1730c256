"""The journal on the file systems a device has: a directory, and littlefs whose power fails at any block."""

import gc
import os

import micropython  # noqa: F401 - gives CPython the device's clock

import journal

try:
    from vfs import VfsLfs2, mount, umount
except ImportError:
    VfsLfs2 = None

checks = 0


def check(fact):
    global checks
    assert fact
    checks += 1


class PowerCut(BaseException):
    pass


class Flash:
    """A RAM block device; `left` counts the writes until the power fails, in the middle of a block."""

    SIZE = 512

    def __init__(self, image, left=None):
        self.image = image
        self.left = left
        self.writes = 0
        self.dead = False

    def readblocks(self, block, buffer, offset=0):
        at = block * self.SIZE + offset
        buffer[:] = memoryview(self.image)[at : at + len(buffer)]

    def writeblocks(self, block, buffer, offset=0):
        if self.dead:
            return -5  # EIO: files that the cut left open are closed by the collector, which must not allocate
        size = len(buffer)
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                self.dead = True
                size //= 2
        self.writes += 1
        at = block * self.SIZE + offset
        self.image[at : at + size] = memoryview(buffer)[:size]
        if self.dead:
            raise PowerCut
        return 0

    def ioctl(self, request, _):
        return {4: len(self.image) // self.SIZE, 5: self.SIZE, 6: 0}.get(request)


def odd(sequence, kind, payload):
    return sequence % 2 == 1


def work(directory, records):
    """Append and compact; the last item of `records` is (before, after) of the step under way."""
    log = journal.Journal(directory, 160)
    for i in range(10):
        payload = bytes([i]) * (i * 5)
        before = records[-1][0]
        records.append((before, before + [(log.last + 1, "sale", payload)]))
        log.append("sale", payload)
        records[-1] = (records[-1][1], records[-1][1])
        if i in (4, 8):
            before = records[-1][0]
            records.append((before, [entry for entry in before if odd(*entry)]))
            log.compact(odd)
            records[-1] = (records[-1][1], records[-1][1])
    log.close()


def directory_of_the_host():
    for name in (f"/tmp/journal_target_{i}" for i in range(100)):
        try:
            os.stat(name)
        except OSError:
            return name
    raise OSError("no free name in /tmp")


def on_a_directory(directory):
    records = [([], [])]
    work(directory, records)
    log = journal.Journal(directory)
    check(list(log.replay()) == records[-1][0])
    check(log.damaged == 0)
    check(log.append("more", memoryview(b"abc")) > records[-1][0][-1][0])
    log.compact(lambda *_: False)
    check(list(log.replay()) == [])
    log.close()
    for name in os.listdir(directory):
        os.remove(directory + "/" + name)
    os.rmdir(directory)


def on_littlefs():
    image = bytearray(48 * Flash.SIZE)
    flash = Flash(image)
    VfsLfs2.mkfs(flash)
    fresh = bytes(image)
    mount(VfsLfs2(flash), "/flash")
    flash.writes = 0
    on_a_directory("/flash/whole")
    umount("/flash")
    total = flash.writes
    check(total > 30)
    for left in range(total):
        image[:] = fresh
        flash = Flash(image, left)
        records = [([], [])]
        mount(VfsLfs2(flash), "/flash")
        try:
            work("/flash/j", records)
            check(not flash.dead)
        except (PowerCut, OSError):
            check(flash.dead)
        umount("/flash")
        gc.collect()
        mount(VfsLfs2(Flash(image)), "/flash")
        log = journal.Journal("/flash/j", 160)
        check(list(log.replay()) in records[-1])
        sequence = log.append("after", b"cut")
        check(list(log.replay())[-1] == (sequence, "after", b"cut"))
        log.close()
        umount("/flash")


def full_littlefs():
    flash = Flash(bytearray(16 * Flash.SIZE))
    VfsLfs2.mkfs(flash)
    mount(VfsLfs2(flash), "/flash")
    log = journal.Journal("/flash/j", 1024)
    stored = []
    try:
        for i in range(1000):
            stored.append(log.append("sale", bytes([i & 0xFF]) * 100))
    except journal.Full as error:
        check(error.errno == 28)
    for _ in range(5):
        try:
            log.append("sale", bytes(4000))
            check(False)
        except journal.Full:
            check(True)
    found = [entry[0] for entry in log.replay()]
    check(found == stored)
    log.compact(lambda sequence, kind, payload: sequence == 3)
    check([entry[0] for entry in log.replay()] == [3])
    check(log.append("sale", bytes(100)) > stored[-1])
    log.close()
    umount("/flash")


on_a_directory(directory_of_the_host())
if VfsLfs2:
    on_littlefs()
    full_littlefs()
print("ok", checks)
