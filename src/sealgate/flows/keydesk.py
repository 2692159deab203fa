"""What whoever runs the installation does with the keys, from a terminal: each deed a question and an answer of plain values.

The same deeds are done in the command's own process, or by a running program that is asked over a socket (`api/local.py`),
because on SQLite there is one process on a data folder. So nothing has to be stopped for them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sealgate.domain.errors import Invalid, NotFound
from sealgate.domain.ids import SiteId, TenantId
from sealgate.flows import keybackup, keys, rekeying
from sealgate.flows.campus import system
from sealgate.flows.kit import House
from sealgate.flows.rekeying import Progress
from sealgate.store import places
from sealgate.vault.errors import NotAKeyFile, VaultSealed
from sealgate.vault.keptroots import Holder
from sealgate.vault.roots import Root, new_passphrase_root
from sealgate.vault.rootsource import RootSource
from sealgate.vault.shares import join_quorum
from sealgate.vault.systemdcreds import SealedBy

Asked = Mapping[str, Any]
Answer = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Desk:
    house: House
    source: RootSource

    def answer(self, asked: Asked, told: Progress = rekeying.unheard) -> Answer:
        """Raises `Invalid` for a deed that is none, `VaultSealed`, and what the deed raises."""
        deeds: dict[str, Callable[[Asked, Progress], Answer]] = {
            "status": self._status,
            "unseal": self._unseal,
            "rotate": self._rotate,
            "root": self._root,
            "rekey-faces": self._rekey,
            "backup": self._backup,
        }
        deed = deeds.get(str(asked.get("do")))
        if deed is None:
            raise Invalid("no such deed", field="do")
        if self.house.keyring.is_sealed and asked.get("do") not in {"status", "unseal"}:
            raise VaultSealed
        return deed(asked, told)

    def _status(self, _asked: Asked, _told: Progress) -> Answer:
        root = keys.root_standing(self.house.keyring)
        standing = None if self.house.unsealing is None else self.house.unsealing.standing()
        return {
            "sealed": root.sealed,
            "held_by": [holder.value for holder in root.holders],
            "quorum": None if root.quorum is None else {"needed": root.quorum[0], "holders": root.quorum[1]},
            "shares_given": 0 if standing is None else standing.have,
            "changing": root.changing,
            "organisations": [self._organisation(tenant.tenant, tenant.name) for tenant in self.house.store.tenants()],
        }

    def _organisation(self, tenant: TenantId, name: str) -> Answer:
        found = keys.standing_of(self.house.keyring, tenant)
        kinds = {
            line.kind.value: {"alive": line.alive, "destroyed": line.destroyed, "oldest": line.oldest and f"{line.oldest}"}
            for line in found.kinds
        }
        return {"name": name, "rotated_at": found.rotated_at and found.rotated_at.isoformat(), "keys": kinds}

    def _unseal(self, asked: Asked, _told: Progress) -> Answer:
        assert self.house.unsealing is not None
        unsealing = self.house.unsealing
        if asked.get("share"):
            found = unsealing.give_share(str(asked["share"]))
        elif asked.get("passphrase"):
            found = unsealing.give_passphrase(str(asked["passphrase"]))
        else:
            unsealing.look()
            found = unsealing.standing()
        held = [holder.value for holder in found.holders]
        return {"sealed": found.sealed, "held_by": held, "have": found.have, "need": found.need}

    def _rotate(self, asked: Asked, _told: Progress) -> Answer:
        """Of one organisation by its name, or of all."""
        wanted = str(asked.get("organisation") or "")
        tenants = [tenant for tenant in self.house.store.tenants() if wanted in {"", tenant.name}]
        if not tenants:
            raise NotFound("organisation")
        done = {tenant.name: keys.rotate(self.house, system(self.house, tenant.tenant)) for tenant in tenants}
        return {"rotated": done}

    def _root(self, asked: Asked, _told: Progress) -> Answer:
        if keys.finish_change(self.house, self.source):
            return {"finished": True, "held_by": [holder.value for holder in keys.root_standing(self.house.keyring).holders]}
        changed, put_away = keys.change_root(self.house, self.source, self._new_root(asked))
        held = [holder.value for holder in keys.root_standing(self.house.keyring).holders]
        return {"finished": False, "held_by": held, "keys": changed, "put_away": put_away and str(put_away)}

    def _new_root(self, asked: Asked) -> Root:
        try:
            holder = Holder(str(asked.get("holder")))
        except ValueError:
            raise Invalid("no such holder", field="holder") from None
        match holder:
            case Holder.KEY_FILE:
                return self.source.new_file()
            case Holder.PASSPHRASE:
                return new_passphrase_root(str(asked.get("passphrase", "")))
            case Holder.CREDENTIAL:
                return self.source.new_kept(holder, SealedBy(asked.get("sealed_by", SealedBy.TPM2)))
            case Holder.SERVICE:
                return self.source.new_kept(holder)
            case Holder.QUORUM:
                return join_quorum(bytes.fromhex(str(asked.get("preface", ""))), [str(one) for one in asked.get("shares", [])])

    def _rekey(self, asked: Asked, told: Progress) -> Answer:
        """Raises `NotFound` for a site that is none, or whose name two have."""
        wanted = str(asked.get("site") or "")
        found: list[tuple[TenantId, SiteId]] = []
        for tenant in self.house.store.tenants():
            with self.house.store.read(tenant.tenant) as db:
                found += [(tenant.tenant, row.site) for row in places.sites(db) if wanted in {row.name, str(row.site)}]
        if len(found) != 1:
            raise NotFound("site")
        done = rekeying.rekey_faces(self.house, system(self.house, found[0][0]), found[0][1], told)
        return {"site": str(done.site), "space": done.space, "moved": done.moved, "keys_destroyed": done.destroyed}

    def _backup(self, asked: Asked, told: Progress) -> Answer:
        file = Path(str(asked.get("file", "")))
        if not file.is_absolute():
            raise NotAKeyFile("the path of a backup is absolute")
        written = keybackup.write(self.house.keyring, file, told)
        keys.note(self.house, "keys.backed-up", f"keys:{written.keys}:{written.digest}")
        return {"file": str(file), "keys": written.keys, "sha256": written.digest}
