"""One sentence for each code that can be raised, and what to do about it. English is the key of the catalogue.

Several codes never reach a page (a key file, a model); they have a sentence all the same, because what prints them
on a terminal reads this table too, and because a code that no one has words for is a code that no one can act on.
"""

from __future__ import annotations

from collections.abc import Mapping

from sealgate.web import refusals_keys
from sealgate.web.i18n import _
from sealgate.web.refusals_signin import SIGNING_IN
from sealgate.web.sentences import Sentence

_ASK = _("Ask whoever gives roles at this site")
_AGAIN = _("Load the page again")
_NOTHING = _("It may have been removed, or it belongs to somebody else")
_RUNS = _("Ask whoever runs this installation")

REFUSALS: Mapping[str, Sentence] = {
    "refused": Sentence(_("That is refused")),
    "not-found": Sentence(_("There is nothing at this address"), _NOTHING),
    "invalid": Sentence(_("That does not fit"), _("Check what was typed")),
    "conflict": Sentence(_("Somebody was first. Nothing was changed."), _AGAIN),
    "forbidden": Sentence(_("You may not do that"), _ASK),
    # the request
    "request.cross-origin": Sentence(_("The request came from another page"), _("Open the page here and send the form again")),
    "request.too-large": Sentence(_("That is too large"), _("Send fewer or smaller pictures")),
    "request.too-slow": Sentence(_("That came too slowly"), _("Send it again over a better line")),
    "request.unknown-host": Sentence(
        _("This is not the name of this installation"), _("Whoever runs it names it in public_address or hosts")
    ),
    "leak.bad-report": Sentence(_("Say in 10 to 10,000 characters what you found")),
    "leak.too-many": Sentence(_("Too many reports wait to be read"), _("Write to the address in security.txt")),
    "leak.too-often": Sentence(_("Too many reports in an hour"), _("Wait a little, or write to the address in security.txt")),
    "form.not-a-number": Sentence(_("Type a figure, such as 0.5")),
    "form.not-a-day": Sentence(_("Choose a day")),
    "form.not-a-moment": Sentence(_("Choose a day and a time")),
    "kiosk.draft-over": Sentence(_("This screen was left alone, and forgot what was typed"), _("Begin again")),
    "form.not-a-time": Sentence(_("Choose a time")),
    "form.too-many-files": Sentence(_("Too many pictures"), _("Send at most five")),
    "api.unknown-caller": Sentence(_("Nobody is signed in"), _("Sign in and try again")),
    "api.no-scope": Sentence(_("A key that may do nothing is none"), _("Choose what it may do")),
    "api.bad-life": Sentence(_("A key lives 30, 90 or 365 days"), _("Choose one of them")),
    "api.unknown-reader": Sentence(_("This reader is not known"), _("Link it again at its gate")),
    "edge.unknown": Sentence(_("This edge is not known"), _("Add it anew and let the box join with the new code")),
    "edge.too-much": Sentence(_("An edge said more at once than it may")),
    "edge.not-understood": Sentence(_("An edge speaks another version"), _("Bring the edge and the centre to one version")),
    "edge.bad-code": Sentence(_("That is no code of an edge"), _("Add an edge at the centre; its code is shown once")),
    "edge.not-joined": Sentence(_("This box has not joined a centre"), _("Run sealgate edge join")),
    "link.broken": Sentence(_("What came over the link was not sealed by its other end")),
    # people's own data
    "ask.not-whole": Sentence(_("Something is missing in what you ask for"), _("Say in a few words what it is about")),
    "ask.answered-already": Sentence(_("It was answered, or taken back, meanwhile"), _AGAIN),
    "ask.asked-already": Sentence(_("You asked for that already"), _("The day of the answer stands beside it")),
    "privacy-rules.invalid": Sentence(_("That rule does not fit"), _("Check what was typed")),
    "face.not-switched-on": Sentence(_("Faces are off at this site"), _("Write what for and why, and assess, under Faces")),
    "face.assessment-due": Sentence(_("The assessment of faces is due"), _("The privacy officer makes it anew, under Faces")),
    "face.not-whole": Sentence(_("Say it in at least ten characters"), _("Purpose, necessity, and what is left of the risks")),
    "zone.private-room": Sentence(
        _("No camera and no face in a guest room, bath, changing room or toilet"), _("Take the camera and the face away first")
    ),
    "journal.nobody": Sentence(_("Nobody, or more than one, has exactly that name"), _("Check the spelling")),
    "breach.not-whole": Sentence(_("A breach says what, when it was found, and of which days"), _("Check what was typed")),
    "breach.told-already": Sentence(_("They were told already"), _AGAIN),
    "hold.not-whole": Sentence(_("A hold names a person or days, and ends within five years"), _("Check what was typed")),
    "hold.nobody": Sentence(_("Nobody, or more than one, has exactly that name"), _("Make the hold from the person’s record")),
    "hold.over": Sentence(_("The hold has ended, or was lifted"), _AGAIN),
    "erase.on-hold": Sentence(_("A legal hold keeps this person’s data"), _("The privacy officer may lift it")),
    "own.contact-by-personnel": Sentence(_("Personnel change these here"), _("Ask for a correction")),
    # files of people
    "people-file.not-text": Sentence(
        _("The file is no text in UTF-8 or GB18030"), _("Save it from the spreadsheet as CSV UTF-8")
    ),
    "people-file.too-large": Sentence(_("The file is too large"), _("Split it into several files")),
    "people-file.broken": Sentence(
        _("The file breaks off in the middle of a cell"), _("Open it in a spreadsheet and save it again as CSV")
    ),
    "people-file.bad-heads": Sentence(
        _("The first row does not name the columns as it should"), _("Take the heads of the example file")
    ),
    "people-file.empty": Sentence(
        _("There is nobody in the file"), _("The first row names the columns, each further row is a person")
    ),
    "people-file.flawed": Sentence(_("Nobody was enrolled: some rows have to be put right"), _("The report says which")),
    "people-file.somebody-first": Sentence(
        _("Meanwhile somebody took a number, a card or a plate of the file, and nobody was enrolled"), _("Bring the file again")
    ),
    "people-file.not-ready": Sentence(_("This file is being enrolled, or is done with"), _AGAIN),
    "people-file.no-such-file": Sentence(_("There is no such file"), _("Check its path")),
    "people-file.which-organisation": Sentence(
        _("It is not said which organisation is meant"), _("Name it, and the time zone")
    ),
    "team.invalid": Sentence(_("The team does not fit"), _("Check what was typed")),
    "team.bad-trade": Sentence(_("A trade has up to 60 characters")),
    "team.too-many-days": Sentence(_("That is more days than one list shows"), _("Choose at most 92")),
    "team.not-a-member": Sentence(_("That person is not in this team now"), _AGAIN),
    "team.ended": Sentence(_("The team has ended"), _("Choose another one")),
    "team.joins-earlier": Sentence(_("The person is in a team since a later day already"), _("Choose a later day")),
    "team.nobody": Sentence(_("Nobody is called so, or several are"), _("Use the staff number")),
    "performance.bad-score": Sentence(_("A score is 1 to 5")),
    "performance.bad-words": Sentence(_("Say it in 1 to 4,000 characters")),
    "performance.bad-goal": Sentence(_("The goal does not fit"), _("1 to 200 characters, and 0 to 100 per cent")),
    "performance.bad-cycle": Sentence(_("The reviews need a name and a time of up to 400 days"), _("Check what was typed")),
    "performance.closed": Sentence(_("These reviews are closed"), _("What was said stays as it is")),
    "performance.too-many-goals": Sentence(_("That is more goals than anybody can reach"), _("End one first")),
    "person.number-taken": Sentence(_("That staff number is somebody else’s"), _("Each staff number is one person’s")),
    # signing in
    "signin.needed": Sentence(_("Nobody is signed in"), _("Sign in and try again")),
    "signin.factor-first": Sentence(_("A second factor is missing"), _("Add it before anything else")),
    "signin.factor-needed": Sentence(_("Your password is too short to stand alone"), _("Keep the second factor")),
    "signin.wrong": Sentence(_("E-mail and password do not belong together")),
    "signin.too-many": Sentence(_("Too many tries"), _("Wait a quarter of an hour and try again")),
    "signin.link-used": Sentence(_("This link was used, or it is over"), _("Ask for a new one")),
    "signin.weak-password": Sentence(
        _("This password is too short or too easy to guess"),
        _("Use several unrelated words, without your name; at least 8 characters"),
    ),
    "signin.wrong-password": Sentence(_("That is not your password")),
    "signin.wrong-code": Sentence(
        _("The code does not fit"), _("Wait for the next code of the app, and check the phone’s clock")
    ),
    "signin.wrong-factor": Sentence(
        _("The code does not fit"), _("Wait for the next code of the app, and check the phone’s clock")
    ),
    "signin.step-over": Sentence(_("That took too long"), _("Sign in again")),
    **SIGNING_IN,
    "own.link-over": Sentence(_("This link was used, or it is over"), _("Ask reception or personnel for a new link")),
    "own.not-entered": Sentence(_("You are not signed in here"), _("Ask reception or personnel for a new link")),
    "approval.needed": Sentence(
        _("This takes two: somebody else agrees first"), _("Ask for approval on its page, and take it once somebody has agreed")
    ),
    "approval.over": Sentence(_("It is decided already, or its time is over"), _AGAIN),
    "approval.own": Sentence(_("Nobody agrees to what they asked for themselves"), _("Ask somebody else")),
    "approval.asked-already": Sentence(_("You have asked for it already"), _("Somebody else decides, under Approvals")),
    "approval.too-many": Sentence(_("Too much of yours waits for an answer"), _("Take what was agreed to, or wait")),
    "emergency.runs": Sentence(_("You have emergency rights already"), _("They end by themselves")),
    "emergency.over": Sentence(_("It has ended"), _AGAIN),
    "emergency.no-reason": Sentence(_("Say what has happened"), _("At least ten characters; the privacy officer reads it")),
    "operators.own-rights": Sentence(_("Nobody changes their own rights"), _("Ask another administrator")),
    "operators.no-role": Sentence(_("Choose a role"), _("Without one the operator may do nothing")),
    # people and their ways in
    "person.bad-name": Sentence(_("A name has 1 to 100 characters")),
    "person.bad-contact": Sentence(_("That is no phone number or e-mail address")),
    "person.until-past": Sentence(_("Choose a day after today")),
    "enrol.no-consent": Sentence(_("There is no consent to face"), _("Ask for it first")),
    "enrol.no-face": Sentence(_("No face is clear enough"), _("Come closer, look straight, with light from the front")),
    "enrol.not-one-person": Sentence(_("The pictures show more than one person"), _("One person alone in each picture")),
    "enrol.too-many-pictures": Sentence(_("Too many pictures"), _("Send at most five")),
    "enrol.faces-off": Sentence(_("Face recognition is not in use here"), _("Give a card, a code or a plate")),
    "id-number.form": Sentence(_("An identity number has 17 digits, and a digit or X at the end"), _("Copy it from the card")),
    "id-number.region": Sentence(_("No region has these first two digits"), _("Copy it from the card")),
    "id-number.date": Sentence(_("The birth date in this number cannot be right"), _("Copy it from the card")),
    "id-number.check": Sentence(
        _("A digit of this number is wrong: the last character does not fit"), _("Copy it from the card")
    ),
    # visits
    "visit.not-now": Sentence(_("The visit has moved on: somebody was first, or its time is over"), _AGAIN),
    "visit.bad-time": Sentence(_("The end lies before the beginning"), _("Choose a later end")),
    "visit.time-over": Sentence(_("This time is over"), _("Choose a time from now on")),
    "visit.too-long": Sentence(_("A visit lasts up to 31 days"), _("Enrol whoever comes for longer")),
    "visit.too-far": Sentence(_("A visit begins within a year"), _("Invite later")),
    "visit.no-gate": Sentence(_("Choose one gate of this site or more")),
    "visit.bad-words": Sentence(_("These words are missing or too long"), _("Write one short line")),
    "visit.bad-rules": Sentence(
        _("This rule does not fit"), _("Say what a field is for, and how many days its answer is kept")
    ),
    "visit.field-missing": Sentence(_("This is asked here"), _("Reception helps, if you would rather not say")),
    "visit.not-asked": Sentence(_("This is not asked here, and was not taken"), _AGAIN),
    "visit.bad-age": Sentence(_("An age is 0 to 130 years")),
    "visit.guardian-needed": Sentence(
        _("A guardian says yes for somebody under 14"), _("Write the guardian’s name, and tick that they agree")
    ),
    "visit.bad-block": Sentence(_("A block has a reason, and an end in the next five years")),
    "visit.blocked": Sentence(_("This visitor cannot be invited"), _("Ask reception")),
    "visit.unknown-host": Sentence(_("Nobody of that name works here"), _("Write the whole name")),
    "visit.see-reception": Sentence(_("Reception will help you"), _("Nothing that you typed was kept")),
    "visit.notice-changed": Sentence(_("The notice was changed while you read it"), _("Read it again")),
    "visit.not-agreed": Sentence(_("Nothing was kept"), _("Reception finds another way")),
    "visit.link-over": Sentence(_("This link has ended"), _("Ask whoever invited you for a new one")),
    "visit.unknown-code": Sentence(_("No visit has this code now"), _("Check the letters, or ask reception")),
    "visit.too-many-codes": Sentence(_("Too many wrong codes here"), _("Wait five minutes, or ask reception")),
    "visit.no-walk-ups": Sentence(_("Visitors come by invitation here"), _("Ask reception")),
    "credential.taken": Sentence(_("This card, plate or PIN belongs to somebody already"), _("Use another")),
    "credential.bad-value": Sentence(_("That cannot be a card, code or PIN"), _("Check what was typed")),
    "credential.ended-already": Sentence(_("This way in had ended already"), _AGAIN),
    "consent.withdrawn-already": Sentence(_("This consent was withdrawn already"), _AGAIN),
    "plate.invalid": Sentence(_("A plate has 2 to 12 letters and digits"), _("Type it without dots and spaces")),
    # looking
    "search.no-purpose": Sentence(_("Say what it is for"), _("Choose a purpose")),
    "search.too-long": Sentence(_("A search covers at most 31 days"), _("Choose a shorter time")),
    "picture.ticket-over": Sentence(_("The 60 seconds are over"), _("Say again what it is for")),
    "picture.empty": Sentence(_("The picture is empty"), _("Take it again")),
    "picture.too-large": Sentence(_("The picture is too large"), _("Send one of at most 40 megapixels")),
    "picture.unknown-kind": Sentence(_("That is no picture that we read"), _("Send a JPEG, PNG or WebP")),
    "picture.broken": Sentence(_("The picture is broken"), _("Take it again")),
    # gates and rules
    "rules.bad-name": Sentence(_("A name has 1 to 80 characters")),
    "gate.face-only": Sentence(_("A face is never the only way"), _("Add card, QR, PIN or plate")),
    "gate.same-zone": Sentence(_("A gate leads from one zone to another"), _("Choose two different zones")),
    "gate.bad-threshold": Sentence(_("The figure is outside its bounds"), _("The bounds stand under the field")),
    "gate.why-needed": Sentence(_("Say why"), _("A few words are enough")),
    "site.unknown-time-zone": Sentence(_("This time zone is not known"), _("Choose one such as Asia/Shanghai")),
    "timetable.invalid": Sentence(
        _("The hours of this day cannot be read"), _("Write 08:00-12:00, 13:00-18:00; spans may not overlap")
    ),
    "rules.still-used": Sentence(_("Something else still uses it"), _("Undo what uses it first: a gate, a leave or a roster")),
    "hours.not-a-date": Sentence(_("Choose a day")),
    "hours.not-a-time": Sentence(_("Write a time such as 09:30"), _("30:15 is 06:15 of the day after")),
    "retention.bad-times": Sentence(
        _("A time is outside what may be chosen"), _("Each field says from how many days to how many")
    ),
    "rules.bad-day": Sentence(_("Choose a day")),
    "gate.nothing-to-look-for": Sentence(_("A camera is of no use to this gate"), _("Accept faces or plates first")),
    # the desk
    "desk.taken": Sentence(_("Another attendant has this call"), _("Take the next one")),
    "refund.another": Sentence(_("This refund was asked for before"), _("Look at the stay’s refunds before you ask again")),
    "refund.not-a-sum": Sentence(
        _("This is no sum that can go back"), _("A sum is digits, and no more than is left of the payment")
    ),
    "receipt.bad-number": Sentence(_("A receipt’s number has 12 characters, 0 to 9 and A to F")),
    "statement.unreadable": Sentence(
        _("The file is no statement of this provider, or it is cut off"), _("Download it again and choose it as it came")
    ),
    "statement.another-day": Sentence(_("Nothing in the file moved on that day"), _("Choose the day of the statement")),
    "invoice.bad-number": Sentence(_("An invoice’s number has 1 to 40 letters, digits and dashes")),
    "desk.not-taken": Sentence(_("Nobody has taken this call yet"), _("Take it first")),
    "desk.no-such-stay": Sentence(_("No car with this plate is in this lot"), _("Check the characters, or open by hand")),
    "desk.stay-unknown": Sentence(_("It is not known which car this is"), _("Choose a stay or type the plate first")),
    "desk.no-lost-price": Sentence(
        _("The tariff has no price for a lost ticket"), _("Send the bill, or add the price to the tariff")
    ),
    "desk.car-gone": Sentence(_("The car is not at the gate any more"), _AGAIN),
    "voice.bad-signal": Sentence(_("The voice could not be connected"), _AGAIN),
    # hours
    "hours.not-a-figure": Sentence(
        _("That is no length of time"), _("Write 30 where minutes are meant, 8 or 4:30 where hours are")
    ),
    "hours.no-such-organisation": Sentence(_("There is no such organisation, or more than one"), _("Name one of them")),
    "hours.no-such-person": Sentence(_("There is no such person, or more than one"), _("Use the person’s id")),
    "hours.no-such-file": Sentence(_("There is no such file"), _("Check its path")),
    "hours.bad-month": Sentence(_("That is no month"), _("Write the year and the month, such as 2026-10")),
    "shift.invalid": Sentence(_("This shift cannot be"), _("Check its hours, its breaks and its target")),
    "shift.rostered": Sentence(_("This shift is still on a roster"), _("Take it off the rosters from that day on first")),
    "shift.missing": Sentence(
        _("A roster names a shift that is not there on that day"),
        _("Give the shift a version for that day, or take it off the roster"),
    ),
    "roster.invalid": Sentence(_("This roster cannot be"), _("Check who it is for, its days and its shifts")),
    "hours.bad-rules": Sentence(_("These rules of hours cannot be read"), _("Check the words and figures that are named")),
    "hours.rules-gap": Sentence(
        _("A day is covered by no version of the rules"), _("Let each version begin the day after the one before it ends")
    ),
    "hours.rules-overlap": Sentence(
        _("Two versions of the rules hold on one day"), _("End a version the day before the next one begins")
    ),
    "hours.rules-taken": Sentence(
        _("There is a rule set of that name already"), _("Choose another name, or add a version to the one that is there")
    ),
    "hours.no-such-rules": Sentence(_("There is no rule set of that name"), _("Choose one of the list, or add it first")),
    "hours.negative": Sentence(_("It would end before it begins"), _("Check both times")),
    "hours.bad-record": Sentence(_("This correction cannot be"), _("Check the day, the times and the minutes")),
    "hours.already-settled": Sentence(_("Somebody settled this already"), _AGAIN),
    "hours.why-needed": Sentence(_("A reason is missing"), _("Say why in 3 to 300 characters")),
    "hours.passages-gone": Sentence(
        _("The passages of that time are destroyed; the derived days stand"), _("Correct it in the pay of a later month")
    ),
    "hours.too-many-days": Sentence(_("That is too much at once"), _("Choose fewer days or fewer people")),
    "calendar.invalid": Sentence(_("This calendar cannot be read"), _("Check the line that is named")),
    "calendar.unknown": Sentence(_("There is no calendar of that name"), _("Import it first")),
    "leave.invalid": Sentence(_("This leave cannot be asked for"), _("Check the kind, the days and the hours")),
    "leave.no-balance": Sentence(_("Not enough of this leave is left"), _("Ask for less, or for another kind")),
    "leave.overlaps": Sentence(
        _("There is leave on these days already"), _("Choose other days, or withdraw the other request")
    ),
    # kiosks
    "kiosk.unknown": Sentence(_("This screen is not linked to a gate"), _("Open its newest link once")),
    "kiosk.look-too-large": Sentence(_("The picture is too large"), _("Use a camera of up to 1920 by 1080")),
    "kiosk.still-looking": Sentence(_("One look at a time"), _("Wait for the answer")),
    # devices
    "camera.no-picture": Sentence(_("There is no picture of this camera now"), _("Its state stands on its page")),
    "camera.bad-region": Sentence(
        _("That is no part of the picture"), _("Three to eight corners inside it, around a hundredth of it at least")
    ),
    "camera.bad-source": Sentence(_("This is no address of a camera"), _("Write it as rtsp://host/path")),
    "reader.invalid-code": Sentence(_("The reader sent something that is no code")),
    "latch.bad-address": Sentence(_("This is no address of a relay"), _RUNS),
    # the driver's page
    "pay.pass-over": Sentence(_("This page was good for a while only"), _("Scan the code of the lot or the exit again")),
    "pay.too-many": Sentence(_("Too many tries"), _("Wait ten minutes, or scan your ticket or the code at the exit")),
    "pay.code-unknown": Sentence(
        _("No car of this lot has that code"),
        _("Type it as it stands on the ticket or the display; the code on the display changes"),
    ),
    "pay.nothing-due": Sentence(_("There is nothing to pay"), _("Drive to any exit")),
    "agreement.over": Sentence(_("This agreement is over"), _("Register the car anew")),
    "agreement.not-offered": Sentence(_("This car cannot pay automatically here"), _("Pay in another way")),
    "agreement.car-taken": Sentence(
        _("This car pays automatically already"), _("Whoever agreed to that stops it first, or the attendant does")
    ),
    "agreement.wrong-most": Sentence(_("Type the most of one charge, such as 200")),
    "agreement.not-proven": Sentence(_("Say in 3 to 300 characters how you know whose car it is")),
    "pay.wrong-time": Sentence(_("Choose a later time"), _("From now on, and not further away than a stay may be long")),
    "pay.other-browser": Sentence(_("This way to pay does not work in this browser"), _("Pay in another way")),
    "coupon.unknown": Sentence(_("No shop of this lot gave that code"), _("Type it as the shop gave it")),
    "coupon.over": Sentence(_("This code has expired or was used"), _("Ask the shop for another one")),
    "coupon.had": Sentence(_("This stay has had that code already")),
    "receipt.not-paid": Sentence(_("There is no receipt: no money came of this payment")),
    "receipt.no-font": Sentence(_("This receipt cannot be made as a PDF here"), _("Print the page")),
    "invoice.no-buyer": Sentence(_("Choose a person or a company")),
    "invoice.bad-title": Sentence(_("A name has 1 to 100 characters")),
    "invoice.bad-tax-number": Sentence(
        _("This is no tax number"), _("A Chinese one has 18 characters, the last of them checks the others")
    ),
    "invoice.bad-email": Sentence(_("This is no e-mail address")),
    "invoice.made-already": Sentence(_("The invoice was made already"), _("Ask at the desk to have it changed")),
    # the garages' rules and reports
    "form.not-whole": Sentence(_("Type a whole figure"), _("Such as 120")),
    "parking.no-lane": Sentence(_("This gate belongs to no garage"), _("Add it in the garage’s settings")),
    "stay.over": Sentence(_("The stay has changed meanwhile. Nothing was changed."), _AGAIN),
    "lot.no-such-word": Sentence(_("This garage’s tariff does not know that"), _("Choose what it names")),
    "lot.gate-taken": Sentence(_("This gate belongs to a garage already"), _("Remove it there first")),
    "fleet.bad-month": Sentence(_("This is no month that is over"), _("Choose an earlier one")),
    "fleet.no-account": Sentence(_("No account is for this permit"), _("Only a fleet has one, where money is asked for")),
    "fleet.wrong-limit": Sentence(_("A limit is a sum above nothing"), _("Leave it empty for any sum")),
    "fleet.nothing-open": Sentence(_("Nothing stands open for that month"), _("Or it has its statement already")),
    "fleet.statement-paid": Sentence(_("Its money was noted before"), _("Look at the statement again")),
    "permit.no-plates": Sentence(_("A permit is for 1 to 500 cars"), _("Type one plate a line")),
    "permit.ends-first": Sentence(_("The end lies before the beginning, or is over"), _("Choose a later one")),
    "permit.plate-there": Sentence(_("The permit has this plate already")),
    "ban.no-reason": Sentence(_("Say why"), _("A few words are enough")),
    "tariff.other-name": Sentence(_("The text has another name than this tariff"), _("Keep the name, or write a tariff anew")),
    "tariff.day-passed": Sentence(_("Cars have come in by the rules of that day"), _("Choose today or later")),
    "report.too-large": Sentence(
        _("Too much happened in these days to count it at once"), _("Choose fewer days, or one garage")
    ),
    "report.too-long": Sentence(_("A report covers at most 93 days"), _("Choose fewer days")),
    "report.backwards": Sentence(_("The last day lies before the first"), _("Choose them the other way round")),
    "lot.invalid": Sentence(_("The terms of the garage do not fit"), _("The bounds stand under each field")),
    "permit.invalid": Sentence(_("The terms of the permit do not fit"), _("Choose a garage or a zone, and 1 to 10,000 cars")),
    "validation.invalid": Sentence(_("The coupon does not fit"), _("Up to 31 days, or 1 to 100 per cent")),
    # store and vault
    "store.already-there": Sentence(_("There is one like that already"), _("Choose another name")),
    "store.no-such-thing": Sentence(_("Something that this needs is gone"), _AGAIN),
    "store.too-many": Sentence(_("Too many at once"), _("Ask for fewer")),
    "blob.bad-name": Sentence(_("There is no such picture")),
    "blob.not-found": Sentence(_("There is no such picture")),
    "blob.too-large": Sentence(_("The picture is too large")),
    "backup.bad-place": Sentence(_("That is no place for backups"), _("Give a folder, or a bucket with its store")),
    "backup.bad-rule": Sentence(_("That is no rule for keeping backups"), _("Write it as 14d 8w 12m")),
    "backup.no-point": Sentence(_("There is no backup of that time"), _("Look at the list which there are")),
    "backup.folder-in-use": Sentence(_("There is something in that folder"), _("Restore into an empty one")),
    "backup.verifying": Sentence(_("The backups are being read already"), _("The result stands here when it is done")),
    "backup.bad-instant": Sentence(_("That is no moment"), _("Write it as 2026-11-27T09:00:00+08:00")),
    "backup.not-confirmed": Sentence(_("The folder's name was not typed"), _("Nothing was replaced")),
    "journal.bad-entry": Sentence(_("That cannot be written in the journal"), _("Use fewer words")),
    "journal.bad-note": Sentence(_("That is no signed checkpoint of this journal"), _("Check who signed it")),
    "journal.no-such-organisation": Sentence(_("There is no such organisation, or more than one"), _("Name one of them")),
    "journal.no-such-file": Sentence(_("There is no such file"), _("Check its path")),
    "journal.no-such-entry": Sentence(_("No checkpoint covers that entry yet"), _("Make a checkpoint first")),
    "witness.ahead": Sentence(
        _("The witness has seen more of the journal than there is"),
        _("An older copy may lie in its place: look into it"),
    ),
    "erase.is-visitor": Sentence(_("This is a visitor"), _("Erase the visit: the person goes with it")),
    "erase.still-inside": Sentence(_("This person is inside"), _("Erase them once they have left")),
    "erase.name-differs": Sentence(_("That is another name"), _("Type the name as it stands above")),
    "vault.too-long": Sentence(_("That is too large"), _("Send a smaller file")),
    "vault.key-destroyed": Sentence(_("Destroyed: its key is gone"), _("Nothing brings it back")),
    "vault.not-initialised": Sentence(_("There is no root key yet"), _("Run sealgate init first")),
    "vault.already-initialised": Sentence(_("There is a root key already"), _("Use the one that there is")),
    "vault.wrong-root": Sentence(
        _("This passphrase or key file is not the right one"), _("Use the one that this installation was made with")
    ),
    "vault.rotation-pending": Sentence(_("A change of the root key has not ended"), _("Run it to its end first")),
    "vault.passphrase-too-short": Sentence(_("The passphrase is too short"), _("Use six unrelated words or more")),
    "vault.no-key-file": Sentence(_("There is no key file at that place"), _("Check the path")),
    "vault.key-file-exists": Sentence(
        _("There is a key file at that place already"), _("It is never written over; choose another place")
    ),
    "vault.key-file-open": Sentence(_("Others may read the key file"), _("Give it to this user alone: chmod 600")),
    "vault.not-a-key-file": Sentence(_("The file is no whole key file"), _("Take it from your backup")),
    **{code: Sentence(*words) for code, words in refusals_keys.REFUSALS.items()},
    # the command line
    "app.not-initialised": Sentence(_("There is no installation in this folder"), _("Run sealgate init first")),
    "app.already-initialised": Sentence(
        _("There is an installation in this folder already"), _("Start it with sealgate serve")
    ),
    "app.no-such-site": Sentence(_("There is no site of that name"), _("Write it as it stands in the console")),
    "app.no-such-gate": Sentence(_("There is no gate of that name"), _("Write it as it stands in the console")),
    "picture.unreadable": Sentence(_("The file cannot be read"), _("Check the path and who may read it")),
    "compare.no-face": Sentence(_("There is no face in the picture"), _("Use a picture with one clear face")),
    "bench.no-faces": Sentence(_("No face was found in these pictures"), _("Give photographs of one face each")),
    "models.no-such-pack": Sentence(_("There is no such pack of models")),
    "models.licence-not-accepted": Sentence(_("The licences were not accepted"), _("Read them, then accept them")),
    "bench.bad-set": Sentence(_("The list of pictures cannot be read"), _("Write a CSV file with a heading line")),
    "bench.peers-no-environment": Sentence(
        _("No environment for others' programs can be made there"), _("Name an empty folder")
    ),
    "bench.peer-not-installed": Sentence(
        _("Another's program cannot be installed here"),
        _("Look whether pip reaches its index, and has a wheel for this Python"),
    ),
    "bench.peer-failed": Sentence(_("Another's program did not do what it was asked"), _("Run the comparison again")),
    "payment.notice-refused": Sentence(_("The notice of a payment provider was refused")),
    "payment.bad-signature": Sentence(
        _("The notice is not signed by the payment provider"), _("Nothing was changed; a genuine one comes again")
    ),
    "payment.unknown-key": Sentence(
        _("The notice is signed with a key that this account does not hold"), _("Enter the provider’s new key")
    ),
    "payment.stale-notice": Sentence(
        _("The notice was signed too long ago, or in the future"), _("Check this machine’s clock")
    ),
    "payment.unreadable-notice": Sentence(_("The notice cannot be read"), _("Check the account’s APIv3 key")),
    "payment.oversized-notice": Sentence(_("The notice is larger than any notice is")),
    "payment.wrong-mode": Sentence(
        _("A test payment was told to a live account, or the other way round"), _("Check the keys of the account")
    ),
    "payment.currency-not-taken": Sentence(
        _("This provider does not take this currency or sum"), _("Choose another way to pay")
    ),
    "payment.too-late-to-start": Sentence(_("The time to pay is over"), _("Begin again")),
    "payment.provider-refused": Sentence(_("The payment provider refused")),
    "payment.not-paid": Sentence(_("This payment has not been paid")),
    "payment.already-paid": Sentence(_("This has been paid already"), _("Load the page again")),
    "payment.nothing-to-pay": Sentence(_("There is nothing to pay")),
    "payment.refund-too-much": Sentence(_("That is more than is left of this payment")),
    "payment.unknown-provider": Sentence(_("This way to pay is not offered here"), _("Choose another one")),
    "payment.wrong-sum": Sentence(_("That is not the sum that is due"), _("Load the page again and take the sum it shows")),
    "refund.why-needed": Sentence(_("Say in 3 to 300 characters why the money goes back")),
    "difference.why-needed": Sentence(_("Say in 3 to 300 characters how the difference came about")),
    "payment.refund-differs": Sentence(_("This refund was asked for before, with another sum")),
    "money.wrong-currency": Sentence(_("Two currencies cannot be added"), _("Use one currency in one bill")),
    "money.unknown-currency": Sentence(_("This currency is not known"), _("Write its three letters, such as CNY")),
    "money.bad-amount": Sentence(_("This is no amount"), _("Write it like 12.50")),
    "tariff.invalid": Sentence(_("The tariff cannot be used"), _("docs/tariffs.md describes the file")),
    "tariff.unreadable": Sentence(_("The tariff is neither TOML nor JSON"), _("Look at the line named")),
    "tariff.too-large": Sentence(_("The tariff is larger than any car park needs"), _("Join rates that are alike")),
    "tariff.unknown-key": Sentence(_("The tariff has a key that is not known"), _("Check its spelling")),
    "tariff.missing-key": Sentence(_("The tariff lacks a key"), _("Add the key named")),
    "tariff.wrong-value": Sentence(_("A value in the tariff is of the wrong kind"), _("Look at the key named")),
    "tariff.bad-price": Sentence(_("A price in the tariff is none"), _("Prices are amounts like 5.00, not below zero")),
    "tariff.bad-currency": Sentence(_("The currency of the tariff is not known"), _("Write its three letters, such as CNY")),
    "tariff.bad-time": Sentence(_("A time in the tariff is none"), _("Write 08:00, 15 min or Asia/Shanghai")),
    "tariff.ends-before-start": Sentence(_("The tariff ends before it begins"), _("Correct its dates")),
    "tariff.unknown-name": Sentence(
        _("The tariff names something that is defined nowhere"), _("Define it, or correct the name")
    ),
    "tariff.double-name": Sentence(_("The tariff has a name twice"), _("Give each its own name")),
    "tariff.contradiction": Sentence(_("Two keys of the tariff exclude each other"), _("Leave one of them out")),
    "tariff.bad-steps": Sentence(_("The steps of the tariff do not rise"), _("Put them in order, the last one open")),
    "tariff.cheaper-when-longer": Sentence(
        _("A step makes a longer stay cheaper"), _("Say that it means to, or correct the price")
    ),
    "tariff.overlapping-bands": Sentence(_("Two bands of the tariff overlap"), _("End the first before the second begins")),
    "tariff.gap": Sentence(_("The bands of the tariff leave a gap"), _("Cover the whole day")),
    "tariff.unreachable-rate": Sentence(
        _("A rate of the tariff can never apply"), _("Remove it, or correct its days and bands")
    ),
    "tariff.two-in-force": Sentence(_("Two tariffs are in force on one day"), _("End one of them")),
    "tariff.cannot-price": Sentence(_("This stay cannot be priced by the tariff"), _("Look at what it says of that time")),
    "tariff.stay-backwards": Sentence(_("The stay ends before it began"), _("Correct the times")),
    "tariff.stay-too-long": Sentence(_("The stay is longer than can be priced"), _("Check the entry time")),
    "tariff.not-in-force": Sentence(_("No tariff was in force at that time"), _("Add one that begins earlier")),
    "tariff.no-rate": Sentence(_("The tariff has no rate for that time"), _("Add one for all other times")),
    "tariff.unknown-circumstance": Sentence(
        _("The tariff does not know this vehicle, coupon or area"), _("Choose one that it names")
    ),
    "tariff.bad-option": Sentence(_("That is no time, duration or amount"), _("Write 2026-03-01T08:00+08:00, 90 min or 12.50")),
    "tariff.no-such-file": Sentence(_("There is no such tariff file"), _("Check its path")),
    "payroll.invalid": Sentence(_("The pay rules cannot be used"), _("docs/payroll.md describes the file")),
    "payroll.unreadable": Sentence(_("The file is neither TOML nor JSON"), _("Look at the line named")),
    "payroll.too-large": Sentence(_("That is more than any payroll needs"), _("Send less")),
    "payroll.unknown-key": Sentence(_("There is a key that is not known"), _("Check its spelling")),
    "payroll.missing-key": Sentence(_("A key is missing"), _("Add the key named")),
    "payroll.wrong-value": Sentence(_("A value is of the wrong kind"), _("Look at the key named")),
    "payroll.bad-amount": Sentence(_("That is no amount of pay"), _("Write it like 12000.00, not below zero")),
    "payroll.unknown-country": Sentence(_("There are no pay rules for this country"), _("Choose one that is listed")),
    "payroll.month-twice": Sentence(_("A month is there twice"), _("Leave one of them out")),
    "payroll.before-start": Sentence(
        _("A month lies before the first month of work"), _("Correct the first month, or leave the month out")
    ),
    "payroll.second-separate-bonus": Sentence(
        _("Only one bonus of a year is taxed by itself"), _("Add the second one to the month’s pay")
    ),
    "payroll.lump-needs-january": Sentence(
        _("The year’s deduction at once needs work from January on"), _("Take the deduction month by month")
    ),
    "payroll.bad-brackets": Sentence(
        _("The tax brackets do not fit each other"), _("Put them in order, each with its own quick deduction")
    ),
    "payroll.gap": Sentence(
        _("The dates of the pay rules leave a gap"), _("Let one rule begin on the day after the other ends")
    ),
    "payroll.two-in-force": Sentence(_("Two pay rules of one kind hold on one day"), _("End one of them")),
    "payroll.not-in-force": Sentence(
        _("No pay rule holds on that day"), _("Put the rule in force then into the country’s pay rules")
    ),
    "payroll.rule-unknown": Sentence(
        _("A number of this pay rule is not known"), _("Ask the authority of the place and write it into the pay rules")
    ),
    "payroll.gross-only": Sentence(_("Pay of this country is worked out gross only"), _("The tax is not ours to say")),
    "payroll.no-such-file": Sentence(_("There is no such file"), _("Check its path")),
    "payroll.conflict": Sentence(_("The pay run is not in the state that this needs"), _("Load the page again")),
    "payroll.settled": Sentence(
        _("The month’s pay run was approved or closed"), _("Reverse it if it has to be worked out anew")
    ),
    "payroll.which-organisation": Sentence(_("It is not clear which organisation is meant"), _("Name one of them")),
    "payroll.blocked": Sentence(_("Somebody cannot be paid as it stands"), _("Settle what is marked, and draft the run anew")),
    "payroll.second-person": Sentence(
        _("Whoever drafted or checked a pay run cannot approve it"), _("Ask somebody else who may approve pay")
    ),
    "payroll.nobody": Sentence(_("Nobody has pay agreed in this month"), _("Enter somebody’s pay first")),
    "payroll.kept-no-more": Sentence(
        _("Pay of that year is kept no more"), _("Its payslips were destroyed when the years of keeping were over")
    ),
    "payroll.not-approved": Sentence(_("The pay run is not approved yet"), _("Have it approved first")),
}

_UNSAVED = _("That did not work and nothing was saved")
_CAMERA = _("Check its address, its power and its line")

FAULTS: Mapping[str, Sentence] = {
    "who.unlisted": Sentence(_("It is not written down who may come here"), _RUNS),
    "who.bad-line": Sentence(_("The table of who may come where cannot be read"), _RUNS),
    "fault": Sentence(_UNSAVED),
    "post.refused": Sentence(_("The mail server did not take the letter"), _RUNS),
    "port.unreachable": Sentence(_("A device or service does not answer"), _("Try again in a moment")),
    "camera.unreachable": Sentence(_("The camera does not answer"), _CAMERA),
    "camera.not-found": Sentence(_("There is no such camera"), _CAMERA),
    "camera.denied": Sentence(_("The camera wants another name or password"), _("Set its address again at the gate")),
    "camera.stalled": Sentence(_("The camera sends no pictures"), _CAMERA),
    "camera.frozen": Sentence(_("The camera sends the same picture again and again"), _("Switch it off and on again")),
    "camera.lies": Sentence(_("The camera sends pictures of another size than it says"), _("Set its stream to a usual size")),
    "camera.unreadable": Sentence(_("The camera sends nothing that we can read"), _("Set its stream to H.264 or MJPEG")),
    "models.missing": Sentence(_("The models are not built yet"), _("Run sealgate models build")),
    "models.wrong-hash": Sentence(_("A model file is not the one that we know"), _("Run sealgate models build")),
    "models.pack-unreachable": Sentence(
        _("A file of the pack could not be fetched or read"), _("Bring the files along and name them with --from")
    ),
    "models.download-failed": Sentence(
        _("The packages with the models could not be fetched"), _("Check the line and run it again")
    ),
    "models.not-dlib": Sentence(_("A model file is not the one that we know"), _("Run sealgate models build")),
    "store.locked": Sentence(_("The database is busy and nothing was saved"), _("Try again in a moment")),
    "store.disk-full": Sentence(_("The disk is full and nothing was saved"), _RUNS),
    "store.broken": Sentence(_("The database cannot be read"), _RUNS),
    "store.in-use": Sentence(_("Another program uses this data"), _("Stop it first")),
    "store.read-only": Sentence(_UNSAVED),
    "store.unjournaled": Sentence(_UNSAVED),
    "store.nested-write": Sentence(_UNSAVED),
    "parking.repeated": Sentence(_UNSAVED),
    "store.role-too-strong": Sentence(
        _("The database role may do too much"), _("Use a role without superuser and without bypassrls")
    ),
    "store.not-migrated": Sentence(_("The database is of another version"), _("Run sealgate init")),
    "blob.name-used": Sentence(_UNSAVED),
    "backup.object-lost": Sentence(_("A part of the backups is missing or changed"), _("Verify them, and make a new one")),
    "backup.no-key": Sentence(_("The key of the backups is not here"), _("Restore the keys first")),
    "backup.damaged": Sentence(_("What was restored is no whole database"), _("Restore an earlier backup")),
    "backup.no-tools": Sentence(_("PostgreSQL's programs are not on this machine"), _("Install those of the server's version")),
    "backup.tool-failed": Sentence(_("PostgreSQL's own program broke off"), _("What it said stands in the log")),
    "backup.no-replication-right": Sentence(
        _("The role that backs up may not receive the database's log"),
        _("Give it REPLICATION and a line in pg_hba.conf"),
    ),
    "backup.no-log-sent": Sentence(
        _("The database sends its log to nobody"), _("Set wal_level, max_wal_senders and max_replication_slots")
    ),
    "backup.log-taken": Sentence(_("Another program backs this database up"), _("Set backup_to for one of them alone")),
    "backup.server-did-not-start": Sentence(_("The restored database did not start"), _("What it said stands beside its data")),
    "drill.no-postgres": Sentence(_("There is no PostgreSQL here to make a server of"), _("Install its server")),
    "backup.log-torn": Sentence(_("Another program wrote to the database"), _("A new backup is made by itself")),
    "journal.no-head": Sentence(_("The journal is missing and nothing was saved"), _RUNS),
    "witness.refused": Sentence(_("The witness does not agree with the journal"), _RUNS),
    "erase.something-left": Sentence(_("Something of this person is left; nothing opens it"), _("Erase them once more")),
    "vault.sealed": Sentence(
        _("Sealed: the root key is not there yet"), _("Whoever runs this installation gives it at the start")
    ),
    **{code: Sentence(*words) for code, words in refusals_keys.FAULTS.items()},
    "vault.not-an-envelope": Sentence(_("A sealed value is broken"), _RUNS),
    "vault.unknown-key": Sentence(_("A sealed value has no key here"), _RUNS),
    "vault.does-not-open": Sentence(_("A sealed value was changed or moved and does not open"), _RUNS),
    "gallery.not-a-template": Sentence(_("A face template is damaged or of another model"), _("Enrol the face again")),
    "settings.invalid": Sentence(_("A setting does not fit"), _("Look it up in docs/install.md")),
    "settings.unknown": Sentence(_("There is no such setting"), _("Look it up in docs/install.md")),
    "app.cannot-write": Sentence(_("The folder cannot be written to"), _("Choose a folder that this user may write to")),
    "drill.no-site": Sentence(_("There is no site in that folder"), _("Name the folder that holds sealgate.sqlite")),
    "drill.no-files": Sentence(_("The drill needs PostgreSQL’s own files"), _("Name the server’s data folder with --also")),
    "drill.no-dump": Sentence(_("PostgreSQL’s dump was not made"), _("Install pg_dump and let the role read every table")),
    "drill.no-server": Sentence(_("The server on the copy did not start"), _("Try sealgate serve on a copy of the folder")),
    "app.listening-without-tls": Sentence(
        _("It would listen without TLS where others reach it"),
        _("Set tls_certificate and tls_key, or name the proxy that ends TLS in trusted_proxy"),
    ),
    "app.bad-certificate": Sentence(
        _("The certificate or its key cannot be used"), _("Give a PEM chain and the unencrypted PEM key that belongs to it")
    ),
    "app.port-taken": Sentence(_("The port is taken"), _("Choose another one with --port")),
    "payment.forged-answer": Sentence(
        _("An answer did not come from the payment provider"), _("Ask whoever runs this installation")
    ),
    "payment.garbled-answer": Sentence(_("The payment provider’s answer cannot be read")),
    "payment.statement-not-ready": Sentence(_("The day’s statement is not there yet"), _("Try again after ten in the morning")),
    "payment.bad-statement": Sentence(_("The day’s statement is damaged, or of a form that is not known")),
    "payment.bad-account": Sentence(
        _("The keys or numbers of the payment account cannot be used"), _("Check them in the provider’s console")
    ),
    "hours.unknown-format": Sentence(_("These days were derived by a newer version"), _RUNS),
}
