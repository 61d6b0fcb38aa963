"""The account page of a domain: where users see and change what belongs to their account.

Owns the sections as pages. Doesn't own what a change does: that belongs to the operations, by the
same calls, limits and audit records as at the API. Only the setting `account_page` adds it.
"""
