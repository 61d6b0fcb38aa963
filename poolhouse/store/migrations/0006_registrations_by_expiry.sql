-- Registrations of passkeys that no user has completed are deleted.

CREATE INDEX passkey_challenges_by_expiry ON passkey_challenges (expires_at);
