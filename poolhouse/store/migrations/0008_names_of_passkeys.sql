-- A passkey's id is unique in its pool (WebAuthn, section 7.1): it is claimed among the names, whose
-- primary key decides between two users that register it at once. If two users have the same already,
-- one gets the name and both keep their passkeys.

INSERT INTO names (key, sub)
SELECT pool_id || '/passkey/' || id, min(sub) FROM passkeys GROUP BY pool_id, id;
