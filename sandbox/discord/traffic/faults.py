"""Faults on request: what the next requests of the bot will meet."""

from dataclasses import dataclass


@dataclass(slots=True)
class Fault:
    """Meets the next `times` requests whose "METHOD /path" contains `matching`."""

    matching: str
    times: int
    status: int | None = None
    retry_after: float | None = None
    everywhere: bool = False
    delay: float = 0.0


class Faults:
    """Faults that wait for their request; each method adds one."""

    def __init__(self) -> None:
        self.pending: list[Fault] = []

    def limit(self, retry_after: float = 1.0, *, matching: str = "", times: int = 1, everywhere: bool = False) -> None:
        """Answer 429: wait `retry_after` seconds, `everywhere` meaning the global limit."""
        self.pending.append(Fault(matching, times, retry_after=retry_after, everywhere=everywhere))

    def fail(self, status: int = 503, *, matching: str = "", times: int = 1) -> None:
        """Answer with a server error."""
        self.pending.append(Fault(matching, times, status=status))

    def delay(self, seconds: float, *, matching: str = "", times: int = 1) -> None:
        """Take the request only after `seconds`, as on a slow line."""
        self.pending.append(Fault(matching, times, delay=seconds))

    def clear(self) -> None:
        self.pending.clear()

    def take(self, request: str) -> Fault | None:
        """The fault that "METHOD /path" meets, if any."""
        fault = next((fault for fault in self.pending if fault.matching in request), None)
        if fault:
            fault.times -= 1
            self.pending = [fault for fault in self.pending if fault.times > 0]
        return fault
