"""Papers about the law, as blocks of words that a page and a PDF draw alike: the impact assessment, the measures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from sealgate.domain.operators import Permission, Role
from sealgate.domain.places import GateKind
from sealgate.domain.sightings import Means
from sealgate.web.i18n import Language, Words, _, words_in
from sealgate.web.pdf_fonts import CannotWrite, add_bold, blank_page, can_print

A4, EDGE = (210.0, 297.0), 18.0
INK, SOFT = (27, 35, 40), (90, 102, 110)

MEASURES: Mapping[str, str] = {
    "sealed": _("Every template is sealed under a key of the person’s own; destroying the key ends it in old backups too."),
    "template-only": _("Only a template is kept. The pictures it is made from are not."),
    "strangers-forgotten": _("Of a face that nobody enrolled neither template nor picture is kept."),
    "site-secret": _("Templates are turned by a secret of the site: those of two sites cannot be compared."),
    "own-site": _("Templates stay at the site and are compared there. No picture or template of a face leaves it."),
    "consent": _("No face without a separate consent to a versioned notice; withdrawing it destroys the template at once."),
    "other-way": _("Every gate has another way in that costs nobody anything; a gate of faces alone cannot be made."),
    "journal": _("Every look at a person is in a chained journal that the person reads on their own page."),
    "roles": _("Who may look is decided by roles; opening a picture asks for a purpose."),
    "retention": _("What has been kept long enough is destroyed every night, keys first."),
}


@dataclass(frozen=True, slots=True)
class Block:
    """A heading (`label` alone), a paragraph (`text` alone) or a line with its label."""

    label: str = ""
    text: str = ""


def assessment(
    facts: Mapping[str, Any], risks: str, made_at: datetime | None, digest: str, words: Words, tz: tzinfo
) -> list[Block]:
    """By the four questions of PIPL art. 56 and the Measures art. 9. What is in the site's own words stays in them."""
    say = words.gettext
    return [
        Block(say(_("What it is about"))),
        Block(say(_("Site")), str(facts["site"])),
        *([Block(say(_("Assessed on")), words.stamp(made_at.astimezone(tz)))] if made_at else []),
        Block(say(_("Digest of the facts")), digest[:32]),
        Block(say(_("1. Purpose and manner: lawful, justified, necessary"))),
        Block(say(_("Purpose")), str(facts["purpose"]) or "–"),
        Block(say(_("Why nothing milder would do")), str(facts["necessity"]) or "–"),
        *(Block(say(_("Gate")), _gate(gate, words)) for gate in facts["gates"]),
        Block(say(_("2. What it means for people’s rights"))),
        Block(text=say(MEASURES["consent"])),
        Block(text=say(MEASURES["other-way"])),
        Block(say(_("Passages are kept")), words.ngettext("%(n)s day", "%(n)s days", int(facts["keeps_days"]))),
        Block(say(_("3. What a leak would mean, and how likely it is"))),
        Block(text=say(MEASURES["sealed"])),
        Block(text=say(MEASURES["site-secret"])),
        Block(say(_("What is left of the risks")), risks or "–"),
        Block(say(_("4. Measures, and whether they are enough"))),
        *(Block(text=say(MEASURES[code])) for code in facts["measures"] if code in MEASURES),
        *(Block(words.say(Permission(p)), _roles(roles, words)) for p, roles in facts["roles"].items()),
        Block(say(_("Boxes at the site")), words.number(int(facts["edges"]))),
    ]


def _gate(gate: Mapping[str, Any], words: Words) -> str:
    ways = words.gettext(_(", ")).join(words.say(Means(way)) for way in gate["ways"])
    camera = words.gettext(_("with a camera")) if gate["camera"] else words.gettext(_("by a kiosk"))
    return f"{gate['gate']} ({words.say(GateKind(gate['kind']))}, {camera}): {gate['from']} → {gate['to']}; {ways}"


def _roles(roles: Sequence[str], words: Words) -> str:
    return words.gettext(_(", ")).join(words.say(Role(role)) for role in roles)


def in_both(title: str, blocks: Mapping[Language, Sequence[Block]], at: datetime) -> bytes:
    """One PDF with the Chinese paper first and the English after it. `title` is a marked text. Raises `CannotWrite`."""
    texts = [text for some in blocks.values() for block in some for text in (block.label, block.text)]
    if not can_print(texts):
        raise CannotWrite
    first = words_in(Language.ZH)
    page = blank_page(A4, EDGE, first.gettext(title), first, at)
    bold = add_bold(page)
    for number, (language, some) in enumerate(blocks.items()):
        if number:
            page.add_page()
        page.set_text_color(*INK)
        page.set_font(style=bold, size=18)
        page.multi_cell(0, 9, words_in(language).gettext(title), new_x="LMARGIN", new_y="NEXT")
        page.ln(3)
        for block in some:
            _draw(page, bold, block)
    return bytes(page.output())


def _draw(page: Any, bold: str, block: Block) -> None:
    if block.label and not block.text:
        page.ln(3)
        page.set_text_color(*INK)
        page.set_font(style=bold, size=12)
        page.multi_cell(0, 7, block.label, new_x="LMARGIN", new_y="NEXT")
        return
    if block.label:
        page.set_text_color(*SOFT)
        page.set_font(style="", size=8.5)
        page.multi_cell(0, 4.5, block.label, new_x="LMARGIN", new_y="NEXT")
    page.set_text_color(*INK)
    page.set_font(style="", size=10)
    page.multi_cell(0, 5.5, block.text, new_x="LMARGIN", new_y="NEXT")
    page.ln(1.2)
