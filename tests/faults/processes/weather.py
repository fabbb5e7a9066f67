"""The provider's bad days: faults of the simulator, set at random moments."""

import random
import threading

from tests.support.simulator import Simulator

MEAN_PAUSE_S = 0.35
# Faults that wait for their operation; more make no worse weather.
WAITING_MAX = 20
JOINED_WITHIN_S = 10
# Longer than the servers wait (SOLITUDE_PAYPAL_TIMEOUT_MS).
HELD_MS = 1500
OPERATIONS = {
    "create_order": 8, "capture_order": 8, "refund": 5, "get_order": 4, "token": 1, "setup_token": 1, "payment_token": 1,
}  # fmt: skip
FAULTS = {
    "timeout_after": 4, "disconnect_after": 6, "truncated_after": 4, "garbage_after": 4, "error_500": 4, "error_503": 4,
    "rate_limit_429": 3, "timeout_before": 3, "disconnect_before": 4, "latency": 6, "stored_500": 1,
}  # fmt: skip
# Repeats get the same 500 for as long as PayPal remembers the request: six hours here, but 45 days for a refund.
FORGOTTEN_IN_TIME = ("create_order", "capture_order")


class Weather(threading.Thread):
    """`clear()` ends it, and every fault that is still set."""

    def __init__(self, paypal: Simulator, chance: random.Random, mean_pause_s: float = MEAN_PAUSE_S) -> None:
        super().__init__(name="weather", daemon=True)
        self._paypal, self._chance, self._mean_pause_s = paypal, chance, mean_pause_s
        self._over = threading.Event()
        self.failure: BaseException | None = None

    def clear(self) -> None:
        self._over.set()
        if self.is_alive():
            self.join(JOINED_WITHIN_S)
        self._paypal.clear_faults()

    def run(self) -> None:
        try:
            while not self._over.wait(self._chance.expovariate(1 / self._mean_pause_s)):
                self._turn()
        except BaseException as error:  # noqa: BLE001  # told in the report
            self.failure = error

    def _turn(self) -> None:
        operation = self._chance.choices(list(OPERATIONS), list(OPERATIONS.values()))[0]
        fault = self._chance.choices(list(FAULTS), list(FAULTS.values()))[0]
        if fault == "stored_500" and operation not in FORGOTTEN_IN_TIME:
            fault = "error_500"
        if len(self._paypal.faults()) < WAITING_MAX:
            delay_ms = self._chance.randrange(50, 700) if fault == "latency" else HELD_MS
            self._paypal.fault(operation, fault, self._chance.choice((1, 1, 1, 2)), delay_ms=delay_ms)
