"""Richards: the kernel of an operating system in small, with tasks that pass packets to each other.

Written for Ghostglass after the published benchmark by Martin Richards (University of Cambridge); the
structure of its calls is kept, so that figures compare with other ports. No code of theirs is in here.
"""

from __future__ import annotations

from timing import measure

IDLE, WORKER, HANDLER_A, HANDLER_B, DEVICE_A, DEVICE_B = range(1, 7)
"""Identities of the six tasks."""

DEVICE_PACKET, WORK_PACKET = 1000, 1001
DATA_SIZE = 4
IDLE_ROUNDS = 1_000
QUEUED_EXPECTED, HELD_EXPECTED = 2_322, 928
"""What every correct port counts for 1,000 rounds of the idle task."""

CALLS = 48_131
"""Calls of one run, as counted by `--count`."""


class Packet:
    """A message; packets form linked lists."""

    def __init__(self, link: Packet | None, ident: int, kind: int) -> None:
        """Put it in front of `link`."""
        self.link = link
        self.ident = ident
        self.kind = kind
        self.datum = 0
        self.data = [0] * DATA_SIZE

    def append_to(self, queue: Packet | None) -> Packet:
        """Put it at the end of `queue` and return the whole."""
        self.link = None
        if queue is None:
            return self
        last = queue
        while last.link is not None:
            last = last.link
        last.link = self
        return queue


class Kernel:
    """The table of tasks, and the counters that prove the run right."""

    def __init__(self) -> None:
        """Begin without tasks."""
        self.tasks: list[Task | None] = [None] * 10
        self.first: Task | None = None
        self.held = 0
        self.queued = 0

    def task(self, ident: int) -> Task:
        """Find a task."""
        task = self.tasks[ident]
        if task is None:
            raise LookupError(ident)
        return task

    def schedule(self) -> None:
        """Run tasks until all wait."""
        task = self.first
        while task is not None:
            task = task.link if task.is_held_or_waiting() else task.run()


class Task:
    """What all tasks share: priority, queue of packets, state."""

    def __init__(self, kernel: Kernel, ident: int, priority: int, queue: Packet | None) -> None:
        """Enter the kernel's table, in front of the tasks made before."""
        self.kernel = kernel
        self.ident = ident
        self.priority = priority
        self.queue = queue
        self.is_packet_pending = queue is not None
        self.is_waiting = True
        self.is_held = False
        self.link = kernel.first
        kernel.first = self
        kernel.tasks[ident] = self

    def step(self, packet: Packet | None) -> Task | None:
        """Do the work of the task; says which task is next."""
        raise NotImplementedError

    def run(self) -> Task | None:
        """Take the next packet, if one was waited for, and do a step."""
        packet = None
        if self.is_waiting_with_packet():
            packet = self.queue
            if packet is not None:
                self.queue = packet.link
            self.set_running()
        return self.step(packet)

    def set_running(self) -> None:
        """Leave the waiting state."""
        self.is_waiting = False
        self.is_held = False
        self.is_packet_pending = self.queue is not None

    def is_held_or_waiting(self) -> bool:
        """Tell whether it cannot run."""
        return self.is_held or (not self.is_packet_pending and self.is_waiting)

    def is_waiting_with_packet(self) -> bool:
        """Tell whether what it waits for has come."""
        return self.is_packet_pending and self.is_waiting and not self.is_held

    def wait(self) -> Task:
        """Wait for a packet."""
        self.is_waiting = True
        return self

    def hold(self) -> Task | None:
        """Stop until released."""
        self.kernel.held += 1
        self.is_held = True
        return self.link

    def release(self, ident: int) -> Task:
        """Let another task go on; the one of higher priority is next."""
        task = self.kernel.task(ident)
        task.is_held = False
        return task if task.priority > self.priority else self

    def send(self, packet: Packet) -> Task:
        """Queue a packet at the task it names."""
        task = self.kernel.task(packet.ident)
        self.kernel.queued += 1
        packet.link = None
        packet.ident = self.ident
        return task.receive(packet, self)

    def receive(self, packet: Packet, sender: Task) -> Task:
        """Take a packet into the queue; says who is next."""
        if self.queue is None:
            self.queue = packet
            self.is_packet_pending = True
            if self.priority > sender.priority:
                return self
        else:
            packet.append_to(self.queue)
        return sender


class IdleTask(Task):
    """Releases the devices in a pseudo-random order."""

    def __init__(self, kernel: Kernel) -> None:
        """Begin ready to run, the only one to do so."""
        super().__init__(kernel, IDLE, 0, None)
        self.is_waiting = False
        self.control = 1
        self.rounds = IDLE_ROUNDS

    def step(self, _: Packet | None) -> Task | None:
        """Release one device."""
        self.rounds -= 1
        if self.rounds == 0:
            return self.hold()
        if self.control & 1 == 0:
            self.control //= 2
            return self.release(DEVICE_A)
        self.control = self.control // 2 ^ 0xD008
        return self.release(DEVICE_B)


class WorkerTask(Task):
    """Fills packets with letters."""

    def __init__(self, kernel: Kernel, queue: Packet) -> None:
        """Begin with the first handler."""
        super().__init__(kernel, WORKER, 1000, queue)
        self.destination = HANDLER_A
        self.letter = 0

    def step(self, packet: Packet | None) -> Task | None:
        """Fill one packet and send it to the handlers in turn."""
        if packet is None:
            return self.wait()
        self.destination = HANDLER_B if self.destination == HANDLER_A else HANDLER_A
        packet.ident = self.destination
        packet.datum = 0
        for index in range(DATA_SIZE):
            self.letter = self.letter % 26 + 1
            packet.data[index] = ord("A") + self.letter - 1
        return self.send(packet)


class HandlerTask(Task):
    """Hands the letters of work packets to a device, one at a time."""

    def __init__(self, kernel: Kernel, ident: int, priority: int, queue: Packet) -> None:
        """Begin with both lists empty."""
        super().__init__(kernel, ident, priority, queue)
        self.work: Packet | None = None
        self.device: Packet | None = None

    def step(self, packet: Packet | None) -> Task | None:
        """Sort the packet in, then bring a work packet and a device packet together."""
        if packet is not None:
            self.sort_in(packet)
        work = self.work
        if work is None:
            return self.wait()
        count = work.datum
        if count >= DATA_SIZE:
            self.work = work.link
            return self.send(work)
        device = self.device
        if device is None:
            return self.wait()
        self.device = device.link
        device.datum = work.data[count]
        work.datum = count + 1
        return self.send(device)

    def sort_in(self, packet: Packet) -> None:
        """Put a packet at the end of the list of its kind."""
        if packet.kind == WORK_PACKET:
            self.work = packet.append_to(self.work)
        else:
            self.device = packet.append_to(self.device)


class DeviceTask(Task):
    """Holds each packet until released."""

    def __init__(self, kernel: Kernel, ident: int, priority: int) -> None:
        """Begin with nothing pending."""
        super().__init__(kernel, ident, priority, None)
        self.pending: Packet | None = None

    def step(self, packet: Packet | None) -> Task | None:
        """Keep a packet, or send the one that was kept."""
        if packet is not None:
            self.pending = packet
            return self.hold()
        pending = self.pending
        if pending is None:
            return self.wait()
        self.pending = None
        return self.send(pending)


def packets(ident: int, kind: int, count: int) -> Packet:
    """Make a list of packets."""
    first = Packet(None, ident, kind)
    for _ in range(count - 1):
        first = Packet(first, ident, kind)
    return first


def run() -> None:
    """Set the tasks up, run them, check the counters."""
    kernel = Kernel()
    IdleTask(kernel)
    WorkerTask(kernel, packets(0, WORK_PACKET, 2))
    HandlerTask(kernel, HANDLER_A, 2000, packets(DEVICE_A, DEVICE_PACKET, 3))
    HandlerTask(kernel, HANDLER_B, 3000, packets(DEVICE_B, DEVICE_PACKET, 3))
    DeviceTask(kernel, DEVICE_A, 4000)
    DeviceTask(kernel, DEVICE_B, 5000)
    kernel.schedule()
    if (kernel.queued, kernel.held) != (QUEUED_EXPECTED, HELD_EXPECTED):
        raise SystemExit(f"richards is wrong: {kernel.queued} queued, {kernel.held} held")


measure(run, CALLS)
