"""One file per AuthFlow: how a sign-in of it starts."""
