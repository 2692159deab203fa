"""Sentences for the codes of keys and of a sealed start; `refusals.py` joins them to all others."""

from __future__ import annotations

from collections.abc import Mapping

from sealgate.web.i18n import _

_AGAIN_LATER = _("It is asked again every few seconds")
_PAPER = _("Read it again from the paper: forty words, or 64 letters and digits")

REFUSALS: Mapping[str, tuple[str, str]] = {
    "vault.bad-share": (_("That is not a whole share"), _PAPER),
    "vault.foreign-share": (_("This share does not belong here"), _("Take the paper that was printed last")),
    "vault.not-a-quorum": (_("So many of so many cannot be"), _("At least 2 and at most 16 holders")),
    "unseal.open-already": (_("It is unsealed already"), _("Go to the start")),
    "unseal.share-given": (_("This share was given already"), _("Another holder’s share is needed")),
    "root-keeper.refused": (
        _("Whoever keeps the root key refuses us"),
        _("Give Sealgate a token that may encrypt and decrypt"),
    ),
    "root-keeper.no-such-key": (_("The key service has no such key"), _("Check transit_key and transit_mount")),
    "root-keeper.not-theirs": (
        _("The root key was sealed by another machine or key"),
        _("Unseal it where it was sealed, or take the copy that was put away"),
    ),
    "root-keeper.none": (
        _("Nobody here keeps the root key"),
        _("Set the key service in docs/install.md, or install systemd-creds"),
    ),
    "keys.not-a-backup": (_("That is no whole backup of keys"), _("Take another copy")),
    "keys.other-shelf": (_("The keys here are of another root than the backup"), _("Restore into an empty keys folder")),
    "keys.backup-exists": (_("There is a file of that name already"), _("It is never written over; name another")),
}

FAULTS: Mapping[str, tuple[str, str]] = {
    "root-keeper.sealed": (_("The key service is sealed"), _AGAIN_LATER),
    "root-keeper.garbled": (_("Something else answers in the key service’s place"), _("Check transit_address")),
}
