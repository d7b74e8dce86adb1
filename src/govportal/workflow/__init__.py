"""Workflow: the engine for declared tables of states and actions, and what an actor is to it.

Owns no table and no kind; each room declares its own. Must import nothing above ``base``.
"""
