"""Whatever the journal is written with is said in words, and nothing is said that nobody writes."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from sealgate.domain.agreements import AgreementState
from sealgate.domain.billing import RefundState, Verdict
from sealgate.domain.desk import Act
from sealgate.web.doings import ALL, DOINGS
from sealgate.web.doings_elsewhere import ELSEWHERE

SOURCE = Path(__file__).parents[2] / "src" / "sealgate"
ACTION = re.compile(r"[a-z]+(-[a-z]+)*\.[a-z]+(-[a-z]+)*")
BY_STATE = {
    *(f"agreement.{state.value}" for state in AgreementState),
    *(f"call.{act.value}" for act in Act),
    *(f"payment.{verdict.value}" for verdict in Verdict),
    *(f"refund.{state.value}" for state in RefundState),
}
"""Actions whose second word is that of a state."""

OPEN_ENDS = ("agreement.", "ask.", "call.", "hours.correction-", "leave.", "payment.", "refund.")
"""Of these the second word may come from a variable."""


def _calls() -> Iterator[ast.Call]:
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                yield node


def _actions(call: ast.Call) -> Iterator[str]:
    """The fourth argument of `journal.write`, the first of `journal.Line`, where it is written there."""
    called = ast.unparse(call.func)
    at = 3 if called == "journal.write" else 0 if called == "journal.Line" else None
    if at is None:
        return
    given = call.args[at] if at < len(call.args) else next((one.value for one in call.keywords if one.arg == "action"), None)
    for part in ast.walk(given) if given is not None else ():
        if isinstance(part, ast.Constant) and isinstance(part.value, str) and ACTION.fullmatch(part.value):
            yield part.value


def test_every_action_of_the_journal_has_words() -> None:
    written = {action for call in _calls() for action in _actions(call)}
    assert len(written) > 150
    assert sorted((written | BY_STATE) - set(ALL)) == []


def test_no_words_are_kept_for_what_nobody_writes() -> None:
    source = "\n".join(path.read_text(encoding="utf-8") for path in SOURCE.rglob("*.py") if not path.name.startswith("doings"))
    idle = [action for action in ALL if action not in BY_STATE and f'"{action}"' not in source]
    assert [action for action in idle if not action.startswith(OPEN_ENDS) and not action.endswith(".shown")] == []


def test_an_action_is_said_once() -> None:
    assert set(DOINGS) & set(ELSEWHERE) == set()
