"""The desk room: the staff face under ``/desk``.

Owns what editors and reviewers see and post. Must not import portal or api. Everything it changes goes through the verbs of the rooms below.
"""
