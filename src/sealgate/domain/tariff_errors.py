"""What can be wrong with a tariff, and with a stay that somebody wants priced. `field` is the path of the key, such as
`rate[2].band[1].steps[3].price`, counted from 1 as people count."""

from __future__ import annotations

from sealgate.domain.errors import Invalid


class BadTariff(Invalid):
    """The tariff cannot be used. `field` names the key; each kind of trouble has a code of its own."""

    code = "tariff.invalid"


class NotATariff(BadTariff):
    """The text is neither TOML nor a JSON object."""

    code = "tariff.unreadable"
    hint = "Look at the line that is named; docs/tariffs.md describes the file"


class TariffTooLarge(BadTariff):
    """More text, rates, bands, steps, dates or kinds of days than any car park has."""

    code = "tariff.too-large"
    hint = "Say it with fewer bands, or with ranges of dates"


class UnknownKey(BadTariff):
    code = "tariff.unknown-key"


class MissingKey(BadTariff):
    code = "tariff.missing-key"


class WrongType(BadTariff):
    """A number where a text belongs, a word that is none of those allowed, an empty list."""

    code = "tariff.wrong-value"


class BadPrice(BadTariff):
    """Below zero, no amount, more decimals than the currency has, or absurd."""

    code = "tariff.bad-price"


class BadCurrency(BadTariff):
    code = "tariff.bad-currency"
    hint = "Write the three capitals of ISO 4217, such as CNY"


class BadTime(BadTariff):
    """A clock time, duration, date or time zone that is none."""

    code = "tariff.bad-time"


class EndsBeforeStart(BadTariff):
    code = "tariff.ends-before-start"


class UnknownName(BadTariff):
    """A name of a day, band or rate that is defined nowhere, or defined through itself."""

    code = "tariff.unknown-name"


class DoubleName(BadTariff):
    code = "tariff.double-name"


class Contradiction(BadTariff):
    """Two keys that exclude each other."""

    code = "tariff.contradiction"


class BadSteps(BadTariff):
    """Steps that do not rise, or do not reach the end of a long stay."""

    code = "tariff.bad-steps"


class CheaperWhenLonger(BadTariff):
    """A step makes a longer stay cheaper and does not say that it means to."""

    code = "tariff.cheaper-when-longer"
    hint = "Write cheaper = true in that step if it is meant"


class OverlappingBands(BadTariff):
    code = "tariff.overlapping-bands"
    hint = "Change the hours or days, or give one of them a higher rank"


class GapBetweenBands(BadTariff):
    code = "tariff.gap"
    hint = "Add a band for that time; free = true where nothing is charged"


class UnreachableRate(BadTariff):
    code = "tariff.unreachable-rate"
    hint = "The first rate that fits is taken: put the general one last"


class TariffsOverlap(BadTariff):
    """Two tariffs of one lot are in force on one day."""

    code = "tariff.two-in-force"


class CannotPrice(Invalid):
    """The tariff is sound, but this stay cannot be priced by it."""

    code = "tariff.cannot-price"


class StayBackwards(CannotPrice):
    code = "tariff.stay-backwards"
    hint = "Look at both times and their offsets from UTC"


class StayTooLong(CannotPrice):
    code = "tariff.stay-too-long"
    hint = "A stay of more than three years is not priced: let somebody look at it"


class NotInForce(CannotPrice):
    code = "tariff.not-in-force"


class NoRate(CannotPrice):
    code = "tariff.no-rate"
    hint = "No rate of the tariff fits this vehicle, area and time of entry"


class UnknownCircumstance(CannotPrice):
    """A vehicle class, area, coupon or permit that the tariff does not know."""

    code = "tariff.unknown-circumstance"
