"""Bytes that threads share, so that many large answers at once do not fill the memory. Standard
library only.
"""

from __future__ import annotations

import threading
import time


class Budget:
    """So many bytes, lent to shares. The oldest share gets all that it asks for, beyond the budget
    if need be.

    Results are taken in the order in which their shares were made, so the oldest must never wait
    for the others.
    """

    def __init__(self, size: int) -> None:
        self._left = size
        self._shares: list[Share] = []
        # Guards _left and _shares.
        self._changed = threading.Condition()

    def share(self) -> Share:
        """A new share, of no bytes yet."""
        with self._changed:
            self._shares.append(share := Share(self))
        return share

    def lend(self, share: Share, count: int, end: float) -> bool:
        """Wait until there are so many bytes for a share; False if there are none by `end`
        (monotonic).
        """
        with self._changed:
            lent = self._changed.wait_for(
                lambda: count <= self._left or share is self._shares[0],
                max(0.0, end - time.monotonic()),
            )
            self._left -= count if lent else 0
        return lent

    def take_back(self, count: int) -> None:
        """Have bytes back."""
        with self._changed:
            self._left += count
            self._changed.notify_all()

    def forget(self, share: Share) -> None:
        """Let the next share be the oldest."""
        with self._changed:
            self._shares.remove(share)
            self._changed.notify_all()


class Share:
    """The bytes that one result holds."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._held = 0

    def grow(self, count: int, end: float) -> bool:
        """Hold more bytes as soon as there are so many; False if there are none by `end`
        (monotonic).
        """
        lent = self._budget.lend(self, count, end)
        self._held += count if lent else 0
        return lent

    def empty(self) -> None:
        """Hold nothing, until it grows again."""
        self._budget.take_back(self._held)
        self._held = 0

    def close(self) -> None:
        """Hold nothing any more."""
        self.empty()
        self._budget.forget(self)
