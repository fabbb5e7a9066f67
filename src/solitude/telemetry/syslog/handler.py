"""The logging handlers that send to syslog. They format the line in the thread that writes it, and leave the rest to a sender."""

import logging
import os
import time
from collections.abc import Callable, Mapping

from solitude.telemetry import cef, context, metrics
from solitude.telemetry.handlers import Noting
from solitude.telemetry.logs import get_logger

from . import message
from .sender import Sender
from .target import RFC3164, Stream

# What the senders tell of themselves is in the files as well.
LOGGER = "solitude.telemetry"
CEF_MESSAGE_ID = "CEF"
_NONE: Mapping[str, str] = {}

log = get_logger(LOGGER)
# Makes the text of a line, of so many bytes at most.
Render = Callable[[logging.LogRecord, int], str]


class Syslog(Noting):
    """Sends the lines of one stream. `stream_name` is its name among the metrics and in the lines that tell of it."""

    def __init__(self, stream: Stream, stream_name: str, render: Render) -> None:
        super().__init__()
        self.stream, self.stream_name, self._render = stream, stream_name, render
        self._sender: Sender | None = None
        self._process = 0
        self._closed = False

    def emit(self, record: logging.LogRecord) -> None:
        if self._closed:
            return
        try:
            sent = self._sender_here().put(self._message(record))
        except Exception:  # noqa: BLE001 - a line that cannot be sent must not cost the caller its work
            self.handleError(record)
            return
        if not sent:
            metrics.count(f"syslog.lost.{self.stream_name}")
            record.lost = RuntimeError("the queue for syslog is full")

    def flush(self) -> None:
        """Nothing: `close` waits for what is queued. Whoever flushes in the middle of the work must not wait for syslog."""

    def wait(self, within_s: float) -> bool:
        """Waits until all is sent that was written; whether it is."""
        return self._sender is None or self._sender.flush(within_s)

    def close(self) -> None:
        """Waits a bounded time for what is queued, and says what was not sent. At the end of the process."""
        if not self._closed:
            self._closed = True
            if self._sender is not None and self._process == os.getpid():
                self._sender.close()
                self._tell_unsent(self._sender.unsent())
        super().close()

    def _sender_here(self) -> Sender:
        """The sender of this process: threads and connections are not those of the process that it was forked from."""
        if self._sender is None or self._process != os.getpid():
            self._process = os.getpid()
            self._sender = Sender(self.stream, self._gap, self._told, self._refused)
        return self._sender

    def _message(self, record: logging.LogRecord) -> bytes:
        is_cef = record.name.endswith(".cef")
        head = message.head(
            self.stream,
            _severity_of(record),
            record.created,
            CEF_MESSAGE_ID if is_cef else _event_of(record),
            context.current(),
            tagged=not is_cef,
        )
        return message.whole(head, self._render(record, self.stream.limit_bytes - len(head)), self.stream.limit_bytes)

    def _gap(self, lost: int) -> bytes:
        text = f'{{"event":"syslog_lines_lost","lines":{lost}}}'
        if self.stream.form == RFC3164:
            text = f"{LOGGER}:WARNING <anon>:- syslog_lines_lost lines={lost}"
        head = message.head(self.stream, message.WARNING, time.time(), "syslog_lines_lost", _NONE)
        return message.whole(head, text, self.stream.limit_bytes)

    def _told(self, what: str, error: str) -> None:
        if what == "away":
            metrics.count(f"syslog.away.{self.stream_name}")
            log.warning("syslog_away", stream=self.stream_name, target=str(self.stream.target), error=error)
        else:
            log.warning("syslog_back", stream=self.stream_name, target=str(self.stream.target))

    def _refused(self, lines: int) -> None:
        # No line says so there: that would be one more that nobody takes.
        metrics.count(f"syslog.lost.{self.stream_name}", lines)

    def _tell_unsent(self, lines: int) -> None:
        if lines:
            metrics.count(f"syslog.lost.{self.stream_name}", lines)
            log.warning("syslog_lines_unsent", stream=self.stream_name, lines=lines)


def _severity_of(record: logging.LogRecord) -> int:
    of_event = getattr(record, cef.SEVERITY, None)
    return message.severity(record.levelno) if of_event is None else message.severity_of_event(of_event)


def _event_of(record: logging.LogRecord) -> str:
    """The event of a line of the house, `request_signed`, by which a receiver can sort."""
    event = record.msg.get("event", "") if isinstance(record.msg, dict) else ""
    return event if isinstance(event, str) and event.isidentifier() else "-"
