"""What PostgreSQL has beside the tables of 0001: row-level security, and partitions of passages by month. Frozen, like 0001.

Each statement is told apart by being one text; nothing is put together at run time.
"""

STATEMENTS = (
    # Whose transaction it is: what `SET LOCAL sealgate.tenant` said; nobody's, where it said nothing or `*`.
    """
    CREATE FUNCTION sealgate_tenant() RETURNS uuid LANGUAGE sql STABLE AS $$
        SELECT nullif(nullif(current_setting('sealgate.tenant', true), ''), '*')::uuid
    $$
    """,
    # The wall: a transaction sees and writes rows of its own tenant, also where the owner of the tables asks.
    """
    CREATE FUNCTION sealgate_protect(what regclass) RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
        EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', what);
        EXECUTE format(
            'CREATE POLICY own ON %s USING (tenant_id = sealgate_tenant()) WITH CHECK (tenant_id = sealgate_tenant())', what);
    END $$
    """,
    "REVOKE EXECUTE ON FUNCTION sealgate_protect(regclass) FROM PUBLIC",
    """
    SELECT sealgate_protect(oid) FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND relname <> 'alembic_version'
    """,
    # The list of tenants is seen by whoever says `*`: the worker and the sign-in need it. Its names are no personal data.
    """
    CREATE POLICY listed ON tenants FOR SELECT USING (current_setting('sealgate.tenant', true) = '*')
    """,
    "CREATE INDEX ix_passages_at ON passages USING brin (at)",
    # What falls into no month, by a wrong clock.
    "CREATE TABLE passages_default PARTITION OF passages DEFAULT",
    "SELECT sealgate_protect('passages_default')",
    # Partitions for this month and the coming ones. It runs as the owner, so that the app needs no right to make tables.
    # Rows that fell into the default partition are moved; for that moment the owner, and nobody else, sees all rows there.
    # An id is milliseconds since 2025-01-01 times 2 to the 22 (domain/ids.py).
    """
    CREATE FUNCTION sealgate_make_partitions(months integer) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE
        first timestamp := date_trunc('month', now() AT TIME ZONE 'UTC');
        month timestamp;
        name text;
        lo bigint;
        hi bigint;
        made integer := 0;
    BEGIN
        IF months NOT BETWEEN 1 AND 120 THEN
            RAISE EXCEPTION 'months must be 1 to 120';
        END IF;
        PERFORM pg_advisory_xact_lock(7316498);
        FOR i IN 0 .. months - 1 LOOP
            month := first + make_interval(months => i);
            name := 'passages_' || to_char(month, 'YYYY_MM');
            CONTINUE WHEN to_regclass(name) IS NOT NULL;
            lo := (extract(epoch FROM month)::bigint * 1000 - 1735689600000) * 4194304;
            hi := (extract(epoch FROM month + interval '1 month')::bigint * 1000 - 1735689600000) * 4194304;
            EXECUTE format('CREATE TABLE %I (LIKE passages)', name);
            ALTER TABLE passages_default NO FORCE ROW LEVEL SECURITY;
            EXECUTE format(
                'WITH moved AS (DELETE FROM passages_default WHERE id >= %s AND id < %s RETURNING *)'
                ' INSERT INTO %I SELECT * FROM moved', lo, hi, name);
            ALTER TABLE passages_default FORCE ROW LEVEL SECURITY;
            PERFORM sealgate_protect(name::regclass);
            EXECUTE format('ALTER TABLE passages ATTACH PARTITION %I FOR VALUES FROM (%s) TO (%s)', name, lo, hi);
            made := made + 1;
        END LOOP;
        RETURN made;
    END $$
    """,
    "REVOKE EXECUTE ON FUNCTION sealgate_make_partitions(integer) FROM PUBLIC",
)
