"""SQL and nothing but SQL, on sealed columns. Personal values arrive as `Sealed` or `Token`; nothing here opens them."""
