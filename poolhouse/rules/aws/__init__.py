"""Rules of AWS's API: signatures, constraint messages, pagination tokens, IAM."""
