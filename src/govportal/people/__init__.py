"""People: staff accounts, sign-in, roles and grants, sessions; everything about who somebody is and what they may do.

Owns the root ``people`` of the database. Knows no kind of content and no request. Verbs
refuse with ``errors.PeopleRefused``; ``signin`` returns its refusals, since failures must be committed.
"""
