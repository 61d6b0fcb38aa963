-- An email or phone number that is to be proved before it takes the place of the user's own: kept
-- with the code that proves it, so that code and value come and go together.

ALTER TABLE codes ADD COLUMN pending TEXT;
