"""我要查: the index outside ZODB, its reading, and what people mean by their words.

Rooms inside: ``text`` and ``analysis`` (words), ``documents`` (content → index document), ``segments`` (all that touches
Whoosh's private parts), ``index`` (folder, writer, pointer), ``picture`` (numpy reading), ``plan`` (meaning of a query),
``ranking`` (scores), ``words`` (suggestion, pinyin, typos), ``engine`` (the contract that faces use), ``consumer`` (in step
with the journal), ``evaluate``. Reads content; must not import web, portal or a request.
"""
