"""Powers modulo SRP's N, by gmpy2. `srp` loads this module when the first of them is needed.

g and N never change, so g^e is a product of factors from a table: one for each byte of e. Every
byte costs one multiplication, zero bytes too, and no factor is a short number: each entry of the
table carries a blinding factor h, taken off again by the first factor h^-32. Otherwise a zero
byte would multiply by 1, quicker than by 3072 bits, and the time would reveal the exponent.
Which entries are read still depends on e. That shows in the processor's cache alone, to another
program on the machine, not to a client.
"""

from functools import cache
from typing import Final

import gmpy2
from gmpy2 import mpz

from poolhouse.rules.auth.srp import G, K, N

_N: Final = mpz(N)


def public_value(v: int, b: int) -> int:
    """Return k·v + g^b."""
    return int((K * mpz(v) + power_of_g(b)) % _N)


def shared_secret(client_public: int, b: int, u: int, v: int) -> int:
    """Return (A·v^u)^b. Both exponentiations release the interpreter lock; b is secret."""
    with gmpy2.context(allow_release_gil=True):
        base = client_public * gmpy2.powmod(v, u, _N) % _N
        return int(gmpy2.powmod_sec(base, b, _N))


@cache
def powers() -> tuple[mpz, list[list[mpz]]]:
    """Return h^-32, and for each byte i and value d: h · g^(d · 256^i).

    The table takes 3.5 MB and about 35 ms.
    """
    h = gmpy2.powmod(G, 1 << 12, _N)
    table = []
    step = mpz(G)
    for _ in range(32):
        row = [h]
        for _ in range(255):
            row.append(row[-1] * step % _N)
        table.append(row)
        step = gmpy2.powmod(step, 256, _N)
    return gmpy2.invert(gmpy2.powmod(h, 32, _N), _N), table


def power_of_g(exponent: int) -> mpz:
    """Return g^exponent mod N for a secret exponent below 2^256, in a sixth of `powmod`'s time.

    The interpreter lock is held, for 0.1 ms: less than handing the work to a thread would cost.
    """
    power, table = powers()
    for row, byte in zip(table, exponent.to_bytes(32, "little"), strict=True):
        power = power * row[byte] % _N
    return power
