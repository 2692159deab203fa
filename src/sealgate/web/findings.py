"""What the doctor says of each finding, and what to do about it: on its page, and on the terminal in English."""

from __future__ import annotations

from collections.abc import Mapping

from sealgate.domain.findings import Check, Severity
from sealgate.web.i18n import _
from sealgate.web.sentences import Sentence

SAID: Mapping[Check, Sentence] = {
    Check.LISTENER: Sentence(
        _("It would listen where others reach it, without TLS"),
        _("Set tls_certificate and tls_key, or name the proxy that ends TLS in trusted_proxy"),
    ),
    Check.PROXY: Sentence(
        _("Anybody may say who is asking"), _("Name the proxy's own address in trusted_proxy, not everybody's")
    ),
    Check.OLD_TLS: Sentence(_("TLS 1.0 or 1.1 is still spoken there"), _("Let whatever ends TLS speak 1.2 and 1.3 only")),
    Check.CERTIFICATE_OVER: Sentence(_("The certificate is over"), _("Renew it and start again")),
    Check.CERTIFICATE_SOON: Sentence(_("The certificate ends within two weeks"), _("Renew it")),
    Check.CERTIFICATE: Sentence(
        _("The certificate or its key cannot be used"), _("Give a PEM chain and the unencrypted PEM key that belongs to it")
    ),
    Check.ADDRESS: Sentence(_("Browsers are sent to an address without TLS"), _("Let public_address begin with https")),
    Check.DATABASE_PASSWORD: Sentence(
        _("The database lets anybody in without a password"), _("Ask for scram-sha-256 in pg_hba.conf")
    ),
    Check.DATABASE_ROLE: Sentence(
        _("The database role may look past the walls between organisations"),
        _("Give Sealgate a role that is neither a superuser nor allowed to bypass row-level security"),
    ),
    Check.DATABASE_OPEN: Sentence(
        _("The database listens beyond this machine"), _("Let listen_addresses name only what needs it, and switch ssl on")
    ),
    Check.DATABASE_CLEAR: Sentence(_("The line to the database is not sealed"), _("Add sslmode=verify-full to its address")),
    Check.BUCKET_LISTS: Sentence(_("The bucket tells strangers what is in it"), _("Block public access to the bucket")),
    Check.BUCKET_GIVES: Sentence(_("The bucket gives strangers what is in it"), _("Block public access to the bucket")),
    Check.BACKUP_KEYS: Sentence(
        _("A backup of the data has the keys in it"), _("Keep backups of the keys somewhere else, and remove these")
    ),
    Check.NO_BACKUP: Sentence(_("Nothing is backed up"), _("Set backup_to to a folder of another machine, or a bucket")),
    Check.KEYS_IN_DATA: Sentence(
        _("Keys lie in the data folder: a copy of it is everything"), _("Move them to another disk and say so in keys")
    ),
    Check.KEYS_BESIDE: Sentence(
        _("Keys and data lie on one disk"), _("Keep the keys on another disk, or use an outside key store")
    ),
    Check.KEYS_SAME_DATABASE: Sentence(
        _("Keys and data lie in one database"), _("Give keys_database another database, best on another server")
    ),
    Check.WEAK_SECRET: Sentence(_("A secret is short, or one that everybody tries first"), _("Choose a long random one")),
    Check.TEST_MONEY: Sentence(
        _("Payments here move no real money"), _("Use the provider's live keys, and switch simulated_payments off")
    ),
    Check.FILE_OPEN: Sentence(
        _("Others on this machine may read it"), _("Take the rights of group and others away (chmod go-rwx)")
    ),
    Check.DISK: Sentence(_("The disk is nearly full"), _("Make room, or move the folder to a larger disk")),
    Check.CLOCK: Sentence(_("This machine's clock differs from theirs by more than half a minute"), _("Set it by NTP")),
    Check.CLOCK_BACK: Sentence(
        _("The journal has entries of the future: the clock was set back"), _("Set it by NTP, and look at who changed it")
    ),
    Check.RETENTION: Sentence(
        _("Things are kept longer than their time"), _("Leave serve running, or run sealgate retention run")
    ),
    Check.JOURNAL: Sentence(
        _("The journal is not what it was"),
        _("Keep a copy as it is, and compare it with the witness (sealgate journal verify)"),
    ),
    Check.NO_WITNESS: Sentence(
        _("Nobody outside keeps checkpoints of the journal"), _("Set witness_folder or witness_address")
    ),
    Check.WITNESS: Sentence(
        _("The witness has not taken the newest checkpoint"), _("Look at the witness, and at the log for why")
    ),
    Check.NO_CHECKPOINT: Sentence(
        _("Entries of the journal stand in no checkpoint"), _("Leave serve running, or run sealgate journal checkpoint")
    ),
    Check.NO_MAIL: Sentence(
        _("No letters are sent: links have to be handed over by hand"), _("Set smtp_host, smtp_sender and public_address")
    ),
    Check.CAMERA_DEFAULT: Sentence(
        _("A camera has a password that everybody tries first"), _("Change it at the camera, then at its gate")
    ),
    Check.CAMERA_CLEAR: Sentence(
        _("A camera's password travels in clear"),
        _("Use rtsps or https where the camera can, and a network of its own where it cannot"),
    ),
    Check.MODELS: Sentence(_("A model is missing, or not the one that we know"), _("Run sealgate models build")),
    Check.NOT_LOOKED: Sentence(_("Something could not be looked at"), _("The log says why; nothing is known of it until then")),
}

WEIGHTS: Mapping[Severity, str] = {
    Severity.BAD: _("Put right"),
    Severity.WARN: _("Look into it"),
    Severity.NOTE: _("Good to know"),
}
