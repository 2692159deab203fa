"""The report as one HTML page that needs nothing beside it: what was tried, what was found and where. It names nobody."""

from __future__ import annotations

from datetime import datetime
from html import escape

from sealgate import __version__
from sealgate.drills.scene import Result
from sealgate.drills.spill import Report

SHOWN = 100
STYLE = """
:root{color-scheme:light dark;--bg:#f6f7f8;--card:#fff;--ink:#15202b;--soft:#5c6b7a;--line:#dfe4e8;--good:#0b7a4b;--bad:#b3261e}
@media(prefers-color-scheme:dark){
:root{--bg:#11161b;--card:#1a2128;--ink:#e8edf2;--soft:#93a1af;--line:#2c363f;--good:#4cc38a;--bad:#ff8a80}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
main{max-width:1040px;margin:0 auto;padding:32px 20px}
h1{font-size:1.6rem;margin:0 0 4px}h2{font-size:1.1rem;margin:32px 0 8px}
p{margin:0 0 12px;color:var(--soft)}
.verdict{font-size:1.3rem;font-weight:600;margin:20px 0}
.good{color:var(--good)}.bad{color:var(--bad)}
.card{background:var(--card);border:1px solid var(--line);border-radius:10px;overflow-x:auto}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:10px 14px;border-top:1px solid var(--line);vertical-align:top}
thead th{border-top:0;color:var(--soft);font-weight:500;font-size:.85rem}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
small{color:var(--soft)}code{font-size:.85rem;word-break:break-all}
"""


def page(report: Report, at: datetime) -> str:
    parts = [
        f"<h1>Drill: a stolen copy</h1><p>Sealgate {escape(__version__)}, {at:%Y-%m-%d %H:%M} UTC. {_frame(report)}</p>",
        _verdict(report),
        _attacks(report.results),
        _finds(report.results),
        _control(report),
    ]
    head = (
        f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Drill</title><style>{STYLE}</style>'
    )
    return f'<!doctype html><html lang="en"><head>{head}</head><body><main>{"".join(parts)}</main></body></html>\n'


def _frame(report: Report) -> str:
    return (
        f"{report.words:,} known words, {report.bytes_read / 1e6:,.0f} MB copied, {report.seconds:,.0f} seconds. "
        f"{report.left_out:,} words are too short or too common to be looked for."
    )


def _verdict(report: Report) -> str:
    if report.passed:
        return '<div class="verdict good">Nobody was found in the copy.</div>'
    missed = len(report.leaks) - report.planted_found
    words = f"{report.finds:,} finds" if report.finds else f"{missed} planted leaks were not found"
    return f'<div class="verdict bad">{words}.</div>'


def _attacks(results: tuple[Result, ...]) -> str:
    rows = "".join(
        f'<tr><td><b>{escape(one.name)}</b><br><small>{escape(one.about)}</small></td><td class="n">{one.tries:,}</td>'
        f'<td class="n {"bad" if one.finds else "good"}">{one.finds:,}</td><td class="n">{one.seconds:,.1f} s</td></tr>'
        for one in results
    )
    head = '<thead><tr><th>Attack</th><th class="n">Tries</th><th class="n">Finds</th><th class="n">Took</th></tr></thead>'
    return f'<h2>Attacks</h2><div class="card"><table>{head}<tbody>{rows}</tbody></table></div>'


def _finds(results: tuple[Result, ...]) -> str:
    told = [(one.name, find) for one in results for find in one.told]
    if not told:
        return ""
    rows = "".join(
        f"<tr><td>{escape(name)}</td><td>{escape(find.what)}</td><td><code>{escape(find.where)}</code></td></tr>"
        for name, find in told[:SHOWN]
    )
    more = f"<p>{len(told) - SHOWN:,} more.</p>" if len(told) > SHOWN else ""
    head = "<thead><tr><th>Attack</th><th>What</th><th>Where</th></tr></thead>"
    return f'<h2>Finds</h2><div class="card"><table>{head}<tbody>{rows}</tbody></table></div>{more}'


def _control(report: Report) -> str:
    if not report.leaks:
        return ""
    rows = "".join(
        f'<tr><td>{escape(leak.name)}</td><td>{escape(leak.attack)}</td><td class="{"good" if found else "bad"}">'
        f"{'found' if found else 'not found'}</td></tr>"
        for leak, found in report.leaks
    )
    head = "<thead><tr><th>Planted in a second copy</th><th>Attack</th><th></th></tr></thead>"
    return f'<h2>Control</h2><div class="card"><table>{head}<tbody>{rows}</tbody></table></div>'
