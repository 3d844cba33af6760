"""The long-running tasks, one per file; in `handlers/`, one kind of job per file. May import: the agent and below."""
