"""The content room: Documents and Editions, the declared kinds, publication, the columns that lists read.

Owns everything a citizen can read. Must not import Pyramid's request, a template, or any room above it
(see docs/architecture.md). Only the verbs in ``publish`` write the tree; each verb changes the tree, the journal,
the audit and the content epoch in one ZODB transaction, so a crash leaves all of it or nothing.
"""
