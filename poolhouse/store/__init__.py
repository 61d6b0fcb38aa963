"""The store: reads, and writes as data. `interface.py` has the promises.

One file per entity, an engine per database under `engines/`, and `bulk/` for whole pools. Doesn't
own what is written when: callers commit writes together.
"""
