"""Which notice a person is shown before they consent to face recognition.

A consent records the version it was given to, so a text that was once shown is never changed: a new text is a new
version with templates of its own (`notice_<version>.<language>.html`), and the old ones stay for whoever asks what
they agreed to.
"""

from __future__ import annotations

from sealgate.web.i18n import Language

FACE = "face-1"
"""The version that is shown now."""

FACE_NOTICES = ("face-1",)
"""Every version that was ever shown."""


def text_of(version: str, language: Language) -> str:
    """The template with that version's words."""
    return f"notice_{version}.{language}.html"
