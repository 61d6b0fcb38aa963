"""Rules of signing in: passwords, codes, factors, challenges, devices, passkeys, attempts."""
