"""Parties we do not own: a contract each, a client, a local default that says what it cannot do, and doubles that fail.

Must not import content or pages. Nothing here raises for a party that is slow or dead: it answers in the contract's words.
"""
