"""Faults to inject into the bot's next requests."""

from dataclasses import dataclass


@dataclass(slots=True)
class Fault:
    """Affects the next `times` requests whose "METHOD /path" contains `matching`."""

    matching: str
    times: int
    status: int | None = None
    retry_after: float | None = None
    everywhere: bool = False
    delay: float = 0.0
    applied: bool = False  # carried out all the same


class Faults:
    """Pending faults; each method adds one."""

    def __init__(self) -> None:
        self.pending: list[Fault] = []

    def limit(self, retry_after: float = 1.0, *, matching: str = "", times: int = 1, everywhere: bool = False) -> None:
        """Answer 429: wait `retry_after` seconds; `everywhere` makes it the global limit."""
        self.pending.append(Fault(matching, times, retry_after=retry_after, everywhere=everywhere))

    def fail(self, status: int = 503, *, matching: str = "", times: int = 1) -> None:
        """Answer with a server error; 0 hangs up instead."""
        self.pending.append(Fault(matching, times, status=status))

    def lose(self, status: int = 502, *, matching: str = "", times: int = 1) -> None:
        """Carry the request out, then answer with a server error; 0 hangs up instead."""
        self.pending.append(Fault(matching, times, status=status, applied=True))

    def delay(self, seconds: float, *, matching: str = "", times: int = 1) -> None:
        """Delay the request by `seconds`, as a slow connection would."""
        self.pending.append(Fault(matching, times, delay=seconds))

    def clear(self) -> None:
        self.pending.clear()

    def take(self, request: str) -> Fault | None:
        """Return the fault for "METHOD /path", if any, and count it."""
        fault = next((fault for fault in self.pending if fault.matching in request), None)
        if fault:
            fault.times -= 1
            self.pending = [fault for fault in self.pending if fault.times > 0]
        return fault
