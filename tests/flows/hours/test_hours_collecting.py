"""The search for cycles is put back as it was found, whoever leaves last."""

from __future__ import annotations

import gc

from sealgate.flows.hours_collecting import RARELY, rarely_collected


def test_the_last_one_out_puts_back_what_the_first_one_found() -> None:
    found = gc.get_threshold()
    first, second = rarely_collected(), rarely_collected()
    with first:
        second.__enter__()
        assert gc.get_threshold() == RARELY
    assert gc.get_threshold() == RARELY
    second.__exit__(None, None, None)
    assert gc.get_threshold() == found
