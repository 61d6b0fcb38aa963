"""One file per ChallengeName: how it is issued, and how its response is verified."""
