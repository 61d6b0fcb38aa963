"""Poolhouse: an identity server of your own, wire-compatible with Amazon Cognito user pools."""
