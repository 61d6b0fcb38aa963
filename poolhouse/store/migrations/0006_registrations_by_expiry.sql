-- Registrations of passkeys that nobody has completed are deleted.

CREATE INDEX passkey_challenges_by_expiry ON passkey_challenges (expires_at);
