"""Comparisons and messages for digests are made in a process with limits on time and memory."""

import time
from functools import partial

import pytest

from core.exceptions import StoppedWorkError
from core.limits import Limits
from scripts.digest_delivery import limited_calls


@pytest.mark.slow
def test_a_call_beyond_its_limit_is_stopped_and_the_next_is_made() -> None:
    with limited_calls(Limits(seconds=1, memory=1024)) as call:
        with pytest.raises(StoppedWorkError, match="longer than the limit of 1 seconds"):
            call(partial(time.sleep, 60))
        with pytest.raises(StoppedWorkError, match="failed: ValueError"):
            call(partial(int, "x"))
        assert call(partial(int, "7")) == 7
