"""How long an organisation keeps personal things, where it chose other times than ours."""

from __future__ import annotations

from sealgate.store.columns import Instant, Json
from sealgate.store.schema.making import must, needs, table
from sealgate.store.schema.places import tenants

retention = table("retention", (), must("times", Json), must("changed_at", Instant), needs(tenants))
