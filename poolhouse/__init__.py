"""Poolhouse: an identity server you run yourself, wire-compatible with Amazon Cognito user pools."""
