"""The inventory is a page in both languages: what somebody adds to it needs a place on that page, and its words in Chinese."""

from __future__ import annotations

from sealgate.privacy.inventory import INVENTORY, Form, Keep
from sealgate.web.datamap import AREAS, NAMES
from sealgate.web.i18n import Language, words_in


def test_every_table_of_the_inventory_is_in_one_area() -> None:
    tables = [table for area in AREAS.values() for table in area]
    assert len(tables) == len(set(tables))
    assert {entry.table for entry in INVENTORY} == set(tables)


def test_every_purpose_time_and_form_is_said_in_chinese() -> None:
    said = words_in(Language.ZH).gettext
    texts = {entry.purpose for entry in INVENTORY} | {keep.value for keep in Keep} | {form.value for form in Form}
    assert {text for text in [*texts, *AREAS, *NAMES.values()] if said(text) == text} == set()
