"""One command per file; `app` lists them and imports one only when it is typed. May import: everything."""
