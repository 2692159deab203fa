"""Why an attendant is called, and how far a call has come. Both stored, counted and translated by these words."""

from __future__ import annotations

from enum import StrEnum


class CallReason(StrEnum):
    """What is wrong in the lane. The first eleven are said by a decision, the others by a driver, a device or an operator."""

    NO_PLATE = "no-plate"
    NO_ENTRY = "no-entry"
    AMBIGUOUS = "ambiguous"
    UNSURE = "unsure"
    TWO_VISITS = "two-visits"
    OTHER_CAR = "other-car"
    TOO_LONG = "too-long"
    EXIT_MISSED = "exit-missed"
    STILL_NESTED = "still-nested"
    TAILGATING = "tailgating"
    LEFT_OWING = "left-owing"
    UNPAID = "unpaid"
    WRONG_SUM = "wrong-sum"
    BARRIER_STUCK = "barrier-stuck"
    HELP = "help"


class CallState(StrEnum):
    WAITING = "waiting"
    CLAIMED = "claimed"
    DONE = "done"
