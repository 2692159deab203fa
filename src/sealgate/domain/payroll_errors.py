"""What can be wrong with pay rules, with a case to be tried, and with a pay run. `field` is the path of the key, counted
from 1 as people count: `months[2].gross`."""

from __future__ import annotations

from sealgate.domain.errors import Conflict, Invalid, NotFound
from sealgate.domain.ids import PayRunId


class BadPay(Invalid):
    """Pay rules, terms or a case that cannot be used. Each kind of trouble has a code of its own."""

    code = "payroll.invalid"


class UnreadablePay(BadPay):
    """Neither a JSON object nor TOML, nor UTF-8."""

    code = "payroll.unreadable"
    hint = "Look at the line that is named; docs/payroll.md describes the file"


class PayTooLarge(BadPay):
    code = "payroll.too-large"


class UnknownPayKey(BadPay):
    code = "payroll.unknown-key"


class MissingPayKey(BadPay):
    code = "payroll.missing-key"


class WrongPayValue(BadPay):
    """A number where a text belongs, a word that is none of those allowed, a month that is none."""

    code = "payroll.wrong-value"


class BadPayAmount(BadPay):
    """Below zero, no amount, more decimals than the currency has, or absurd."""

    code = "payroll.bad-amount"
    hint = 'Write a text such as "12000.00", with no more decimals than the currency has'


class UnknownCountry(BadPay):
    code = "payroll.unknown-country"


class MonthTwice(BadPay):
    code = "payroll.month-twice"


class BeforeStart(BadPay):
    """A month that lies before the first month of work."""

    code = "payroll.before-start"


class SecondSeparateBonus(BadPay):
    """The law lets one bonus of a year be taxed by itself."""

    code = "payroll.second-separate-bonus"
    hint = "Add the second bonus to the month's gross pay"


class LumpNeedsJanuary(BadPay):
    """The yearly deduction at once is for somebody kept on from the year before."""

    code = "payroll.lump-needs-january"
    hint = "Let start_month be 1, or take the basic deduction month by month"


class BadBrackets(BadPay):
    """Brackets that do not rise, have no end, or whose quick deductions make the tax jump."""

    code = "payroll.bad-brackets"


class PayGap(BadPay):
    """Dated rules of one kind leave days between them without a rule."""

    code = "payroll.gap"


class PayRulesOverlap(BadPay):
    """Two rules of one kind hold on one day."""

    code = "payroll.two-in-force"


class NotInForce(BadPay):
    """No rule of that kind holds on that day."""

    code = "payroll.not-in-force"
    hint = "Put the rule in force then into the pay rules of the country"


class RuleUnknown(BadPay):
    """The rule holds, but a number of it was not found in a source and has to be filled in."""

    code = "payroll.rule-unknown"
    hint = "Ask the authority of the place and write the number into the pay rules of the country"


class NoIncomeTax(BadPay):
    """The country's rules stop at gross pay."""

    code = "payroll.gross-only"
    hint = "Pay of this country is worked out gross; the tax is not ours to say"


class NoSuchPayFile(NotFound):
    code = "payroll.no-such-file"
    hint = "Check the path and that this user may read the file"


class PayConflict(Conflict):
    """The pay run is not in the state that this needs, or somebody was first."""

    code = "payroll.conflict"


class RunBlocked(PayConflict):
    """Somebody in the run cannot be paid as it stands."""

    code = "payroll.blocked"
    hint = "Settle what is marked, and draft the run anew"


class SecondPerson(PayConflict):
    """Four eyes: whoever drafted or checked a run cannot approve it."""

    code = "payroll.second-person"
    hint = "Ask somebody else who may approve pay"


class NobodyToPay(PayConflict):
    code = "payroll.nobody"
    hint = "Enter somebody's pay first"


class KeptNoMore(PayConflict):
    """The years for which pay is kept are over, and the keys of that year are destroyed: nothing can be sealed under them."""

    code = "payroll.kept-no-more"


class NotForTheBank(PayConflict):
    """Files for the bank and the books are of approved and closed runs only."""

    code = "payroll.not-approved"
    hint = "Have the run approved first"


class RunSettled(PayConflict):
    """The month's run was approved or closed; `run` is that one."""

    code = "payroll.settled"
    hint = "Reverse the run if it has to be worked out anew"

    def __init__(self, run: PayRunId) -> None:
        super().__init__("the month's pay run was approved or closed")
        self.run = run


class WhichOrganisation(Invalid):
    code = "payroll.which-organisation"
