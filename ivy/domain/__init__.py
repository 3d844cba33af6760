"""The rules: pure functions over frozen values, one rule per file. May import: the ground, croniter, msgspec, phonenumbers."""
