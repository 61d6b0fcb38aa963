"""Runs when a user of the ready-made pool has been confirmed. Edit me: I am reloaded."""

from typing import Any


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Print the confirmed user and the ClientMetadata."""
    name = event["userName"]
    status = event["request"]["userAttributes"]["cognito:user_status"]
    print(f"{name} is {status}; ClientMetadata: {event['request'].get('clientMetadata')}")
    return event
