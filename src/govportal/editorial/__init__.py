"""Editorial work over the content: desk lists, autosaves, background jobs, tasks, requests for the directory list.

Owns the root ``editorial`` of the database. Uses the verbs of ``content``, never writes the tree itself; knows no request.
"""
