"""Journeys out: one file a kind of job, from the outbox."""
