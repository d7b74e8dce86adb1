"""The ground room: storage, journal, outbox, audit, locks, blobs, calendar, identifiers.

Knows no content, no person and no page. Must not import any other room. Everything persistent here lives in ZODB and
takes part in the caller's transaction.
"""
