"""People: staff accounts, sign-in, roles and grants, sessions; everything about who somebody is and what they may do.

Owns the root ``people`` of the database. Knows no kind of content and no request. Refusals are raised with Chinese reasons.
"""
