"""The country packs that come with the program, one file a country, in the format of `docs/payroll.md`."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from sealgate.domain.payroll_errors import UnknownCountry
from sealgate.domain.payroll_pack import Pack
from sealgate.domain.payroll_pack_file import read_pack


def countries() -> tuple[str, ...]:
    return tuple(sorted(file.name[:2] for file in files(__package__).iterdir() if file.name.endswith(".toml")))


def pack_text(country: str) -> str:
    """Raises `UnknownCountry`."""
    country = country.lower()
    if country not in countries():
        raise UnknownCountry(
            f"no pay rules for {country[:10]!r}", field="country", hint=f"There are rules for {', '.join(countries())}"
        )
    return files(__package__).joinpath(f"{country}.toml").read_text(encoding="utf-8")


@cache
def pack_of(country: str) -> Pack:
    """Raises `UnknownCountry`."""
    return read_pack(pack_text(country))
