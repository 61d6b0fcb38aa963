"""A post-confirmation function, written as for Lambda: it says who came, and on whose invitation.

poolhouse dev --trigger post-confirmation=examples/functions/post_confirmation.py:handler
"""


def handler(event, context):
    user = event["request"]["userAttributes"]
    # ClientMetadata of AdminConfirmSignUp or ConfirmSignUp, if the caller gave any.
    metadata = event["request"].get("clientMetadata") or {}
    print(f"{user['email']} was invited by {metadata.get('invitedBy', 'nobody')}")
    return event
