"""Enrols a file of people and stops dead in the middle of it: the other half of test_people_arriving.py.

Called with the folder of data and keys, the file, and after how many pieces to stand still; says so on a line of its own.
"""

from __future__ import annotations

import sys
from datetime import UTC
from pathlib import Path
from threading import Event

from sealgate.app import running
from sealgate.flows import people_arriving, people_import
from sealgate.flows.campus import system
from sealgate.settings import load

folder, file, pieces = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
people_arriving.PIECE = 10


def stand_still(done: int) -> None:
    if done == pieces * people_arriving.PIECE:
        sys.stdout.write(f"written {done}\n")
        sys.stdout.flush()
        Event().wait()


with running(load(data=folder / "data", keys=folder / "keys"), faces=None, plates=None) as program:
    signed = system(program.house, program.house.store.tenants()[0].tenant)
    found = people_import.check(program.house, signed, file.read_bytes())
    people_import.enrol_all(program.house, signed, found, UTC, stand_still)
