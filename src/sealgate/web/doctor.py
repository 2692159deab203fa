"""The doctor's page: what whoever set this installation up got wrong, for the administrator.

The surprising thing: of several organisations in one program only the first reads what concerns the whole installation; it
is the one that was founded with it. The others read what concerns themselves.
"""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from sealgate.domain.findings import Severity
from sealgate.domain.operators import Permission
from sealgate.web.findings import SAID, WEIGHTS
from sealgate.web.frame import AtPage, render

router = APIRouter(prefix="/doctor")
TONES = {Severity.BAD: "refused", Severity.WARN: "unsure", Severity.NOTE: "wordless"}


@router.get("")
def doctor(request: Request, page: AtPage) -> Response:
    page.signed.need(Permission.CHANGE_RULES)
    house, mine = page.house, page.signed.tenant
    runs_it = house.store.tenants()[0].tenant == mine
    found = [one for one in house.examine() if one.tenant == mine or (one.tenant is None and runs_it)]
    return render(request, "doctor.html", found=found, said=SAID, weights=WEIGHTS, tones=TONES)
