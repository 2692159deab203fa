"""The series of other countries that the reader learns from: kept apart from the grammar, which may grow.

The same seed must draw the same plates for as long as the model that it made is shipped. Written as in
domain/platepatterns.py.
"""

from __future__ import annotations

SERIES: dict[str, tuple[str, ...]] = {
    "hk": ("hhd{1,4}",),
    "mo": ("Ma{0,1}dddd",),
    "tw": (
        "aaadddd",
        "ddddaa",
        "aadddd",
    ),
    "gb": (
        "bbddbbb",
        "hd{1,3}bbb",
        "a{1,3}d{1,4}",
    ),
    "ie": ("d{2,3}a{1,2}d{1,6}",),
    "de": (
        "a{1,3}a{1,2}nd{0,3}",
        "a{1,3}a{1,2}nd{0,2}E",
        "a{1,3}a{1,2}nd{0,2}H",
    ),
    "at": (
        "a{1,2}d{1,5}a{1,3}",
        "a{2,6}d{1,3}",
    ),
    "ch": ("aad{1,6}",),
    "fr": (
        "ffdddff",
        "nd{0,3}a{2,3}dd",
    ),
    "it": ("iidddii",),
    "es": (
        "ddddccc",
        "a{1,2}dddda{1,2}",
    ),
    "pt": (
        "aaddaa",
        "aadddd",
        "ddddaa",
        "ddaadd",
    ),
    "nl": (
        "aaddda",
        "adddaa",
        "ddaaad",
        "daaadd",
        "aaadda",
        "ddaaaa",
        "aaddaa",
        "aaaadd",
        "addaaa",
    ),
    "be": (
        "naaaddd",
        "aaaddd",
    ),
    "lu": (
        "aadddd",
        "d{4,6}",
    ),
    "pl": (
        "a{2,3}d{4,5}",
        "a{2,3}m{4,5}",
    ),
    "cz": (
        "dadd{4,4}",
        "daad{4,4}",
        "aaadddd",
    ),
    "sk": ("aadddaa",),
    "hu": (
        "aaaaddd",
        "aaaddd",
    ),
    "ro": (
        "aaddaaa",
        "Bd{2,3}aaa",
    ),
    "se": (
        "bbbddb",
        "bbbddd",
    ),
    "no": ("aaddddd",),
    "dk": ("aaddddd",),
    "fi": ("a{2,3}d{1,3}",),
    "gr": ("aaadddd",),
    "tr": ("dda{1,3}d{2,5}",),
    "br": (
        "aaadddd",
        "aaadjdd",
    ),
    "ar": (
        "aadddaa",
        "aaaddd",
    ),
    "mx": (
        "aaad{3,4}",
        "aaad{3,4}a",
    ),
    "us": (
        "aaad{3,4}",
        "dddaaa",
        "naaaddd",
        "naddddd",
        "aadada",
        "d{6,7}",
        "ad{5,6}",
    ),
    "ca": (
        "aaaaddd",
        "aaaddd",
    ),
    "in": (
        "aadda{0,3}dddd",
        "aada{1,3}dddd",
        "ddBHdddda{1,2}",
    ),
    "au": (
        "aaadda",
        "daadaa",
        "aaaddd",
    ),
    "za": ("aaddaaGP",),
}
