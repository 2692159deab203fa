"""One file per story; the only place where decisions meet the world. Written before opened."""
