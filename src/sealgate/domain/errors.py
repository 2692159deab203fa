"""The two families of everything we raise.

A `Refused` is an answer: the world said no, and the person at the door or the screen is told why.
A `Fault` is our own trouble: it is logged whole under an id, and the person is told only that we failed.
Every class has a stable `code`, documented in docs/errors.md; no code and no message names a person.
"""

from __future__ import annotations


class Refused(Exception):
    """The world said no. `code` is stable and translated by the screens; `hint` says what to do."""

    code: str = "refused"
    status: int = 422
    hint: str = ""

    def __init__(self, message: str = "", *, hint: str = "") -> None:
        super().__init__(message or self.code)
        if hint:
            self.hint = hint


class Fault(Exception):
    """We failed: a bug, a lost device, a full disk. `hint` is for the operator's log."""

    code: str = "fault"
    hint: str = ""

    def __init__(self, message: str = "", *, hint: str = "") -> None:
        super().__init__(message or self.code)
        if hint:
            self.hint = hint


class NotFound(Refused):
    """There is no such thing in this tenant; a thing of another tenant is answered just so."""

    code = "not-found"
    status = 404


class Invalid(Refused):
    """A value that came from outside does not fit. `field` names the input, for the screen."""

    code = "invalid"

    def __init__(self, message: str, *, field: str = "", hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.field = field


class Conflict(Refused):
    """Somebody was first, or the thing is not in the state that this needs."""

    code = "conflict"
    status = 409


class Forbidden(Refused):
    """This operator may not do that."""

    code = "forbidden"
    status = 403
