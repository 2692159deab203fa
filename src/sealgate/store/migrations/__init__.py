"""How a database came to its schema, step by step. A migration is never changed once it was released.

Rules for a new one: every table gets row-level security on PostgreSQL in the same migration (`sealgate_protect`);
every personal column goes into `privacy/inventory.py`; both databases are tested.
"""
