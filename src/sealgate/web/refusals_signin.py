"""Sentences for passkeys and sign-in services, for the table of refusals."""

from __future__ import annotations

from collections.abc import Mapping

from sealgate.web.i18n import _
from sealgate.web.sentences import Sentence

_RUNS = _("Ask whoever runs this installation")

SIGNING_IN: Mapping[str, Sentence] = {
    "signin.step-used": Sentence(_("This step was taken already"), _("Sign in again")),
    "signin.not-fresh": Sentence(_("You signed in too long ago for this"), _("Sign out, sign in again and come back")),
    "sync.invalid": Sentence(_("What the directory sent does not fit"), _("Compare it with docs/integrate.md")),
    "sync.user-name-taken": Sentence(_("That user name is somebody else’s"), _("Each user name is one person’s")),
    "sync.changed-meanwhile": Sentence(_("The person was changed meanwhile"), _("Read them again, and change that")),
    "sync.unknown-directory": Sentence(
        _("No directory is known by that key"), _("Make a key under Operators, API keys, for keeping people in step")
    ),
    "sync.too-large": Sentence(_("The directory sent too much at once"), _("Send one person at a time")),
    "service.bad-settings": Sentence(_("That does not fit a sign-in service"), _("Check what was typed")),
    "service.none": Sentence(_("There is no sign-in service of that organisation"), _("Check its name, or use your password")),
    "service.no-address": Sentence(
        _("This installation does not know its own address"), _("Ask whoever runs this installation")
    ),
    "service.away": Sentence(
        _("The sign-in service does not answer as it should"),
        _("Check the issuer; else try again in a minute, or use your password"),
    ),
    "service.wrong-issuer": Sentence(
        _("The sign-in service calls itself otherwise"), _("Write the issuer letter by letter as the service does")
    ),
    "service.not-such": Sentence(
        _("The sign-in service lacks something that is needed"), _("It has to offer the code flow and keys to sign with")
    ),
    "service.client-refused": Sentence(
        _("The sign-in service does not take our client"), _("An administrator checks client and secret")
    ),
    "service.code-refused": Sentence(_("The sign-in service does not take its own code back"), _("Sign in again")),
    "service.bad-token": Sentence(
        _("What the sign-in service said is not to be believed"), _("Sign in again; an administrator checks both clocks")
    ),
    "service.denied": Sentence(_("The sign-in service let nobody in"), _("Sign in again")),
    "service.wrong-state": Sentence(_("This answer belongs to no sign-in of this browser"), _("Sign in again")),
    "service.not-linked": Sentence(
        _("Nobody here is linked to that account"),
        _("Sign in with your password and link it under Account, or ask for an invitation"),
    ),
    "service.wrong-domain": Sentence(
        _("Addresses of that domain do not come in here"), _("Use the account of your organisation")
    ),
    "service.no-role": Sentence(_("That account has no role here"), _("Ask whoever gives roles at your organisation")),
    "service.no-profile": Sentence(
        _("The sign-in service says no name or no address"), _("Set up your access with a password, and link the account then")
    ),
    "service.linked-already": Sentence(_("That account is linked already"), _("Choose another account there")),
    "service.only-way": Sentence(_("Without it you could not come in any more"), _("Add a passkey first")),
    "passkey.no-name": Sentence(
        _("This installation has no name that passkeys are made for"), _("Ask whoever runs this installation")
    ),
    "passkey.refused": Sentence(_("This passkey is not known here"), _("Use your password, or another passkey")),
    "passkey.copied": Sentence(
        _("Somebody has a second one of this passkey, so it opens nothing"), _("Sign in with your password and remove it")
    ),
    "passkey.known": Sentence(_("This passkey is known already")),
    "passkey.too-many": Sentence(_("That is more passkeys than anybody needs"), _("Remove one first")),
}
