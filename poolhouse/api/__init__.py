"""The API that SDKs call: `POST /`, cognito-idp JSON 1.1.

Owns the pipeline of a call: `json11.py` decodes, `iam_authentication.py` verifies signatures,
`iam_authorization.py` evaluates policies, `token_authentication.py` and
`session_authentication.py` authenticate users, `endpoint.py` calls the operation,
`audit_records.py` and `request_log.py` record it.

Doesn't own what an operation does (`operations/`) or how bytes become requests (`http/`).
"""
