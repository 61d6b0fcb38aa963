"""What Cognito decides: pure functions of what was asked, what is kept, and the time."""
