"""Whoever holds a call for a while only sends nothing for it afterwards: see `outbound.in_time`."""

import pytest

from solitude import clocks
from solitude.outbound import in_time
from solitude.outbound.http import NoAnswer, Outlet, Reason, Request
from tests.outbound.peers import Peer, answering


def test_a_body_whose_head_went_before_is_not_sent_after_it_and_nobody_knows_what_became_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    times = iter([0.0])
    monkeypatch.setattr(clocks, "now_s", lambda: next(times, 100.0))
    with Peer(answering()) as peer, in_time.sending_before(50), pytest.raises(NoAnswer) as caught:
        Outlet("peer", base_urls=[peer.url]).send(Request("POST", f"{peer.url}/pay", body=b"so much"))

    assert caught.value.reason == Reason.NO_LONGER_OURS
    assert b"so much" not in peer.received
