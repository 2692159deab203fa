"""What the console says in English and not yet in Chinese: prints it as catalogue entries, and fails if there is any."""

from __future__ import annotations

import sys
from importlib.resources import files
from io import BytesIO

from babel.messages.catalog import Catalog
from babel.messages.extract import extract, extract_python
from babel.messages.pofile import write_po
from jinja2.ext import babel_extract

from sealgate.web.i18n import Language, catalogues

OPTIONS = {"trimmed": "true", "extensions": "jinja2.ext.i18n", "silent": "false"}


def said() -> Catalog:
    """Every text of the console's templates and modules, with where it is said."""
    catalog = Catalog()
    web = files("sealgate.web")
    for folder, method in (("", extract_python), ("templates", babel_extract)):
        for file in sorted((web / folder).iterdir(), key=lambda f: f.name):
            if file.is_file() and file.name.endswith((".py", ".html")):
                keywords = {"_": None, "gettext": None, "ngettext": (1, 2)}
                for line, message, comments, _ in extract(method, BytesIO(file.read_bytes()), keywords, (), OPTIONS):
                    if message:
                        catalog.add(message, locations=[(file.name, line)], auto_comments=comments)
    return catalog


def unsaid(language: Language) -> Catalog:
    known = {
        message.id if isinstance(message.id, str) else message.id[0]
        for catalogue in catalogues(language).values()
        for message in catalogue
        if message.id and message.string and all(message.string if isinstance(message.string, tuple) else (message.string,))
    }
    missing = Catalog(locale=language.locale)
    for message in said():
        if message.id and (message.id if isinstance(message.id, str) else message.id[0]) not in known:
            missing.add(message.id, locations=message.locations)
    return missing


def main() -> int:
    missing = unsaid(Language.ZH)
    write_po(sys.stdout.buffer, missing, omit_header=True, width=120)
    return 1 if len(missing) else 0


if __name__ == "__main__":
    sys.exit(main())
