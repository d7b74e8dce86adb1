"""Oversight: what is wrong with the content, who should mend it by when, and the office's own 自查 against national limits.

Owns the checks, the nightly run over the whole site, its findings, trend and owners, the word list and the limits, all under the root
``oversight`` of the database. Reads the content tree, never writes it; knows no request. Must not import ``editorial``.
"""
