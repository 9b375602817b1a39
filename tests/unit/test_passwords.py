"""What a kept password costs to guess; other tests hash with less, so this one asks a fresh interpreter."""

import subprocess
import sys

HASH = "from portal.services.passwords import hash_password; print(hash_password('example-password-1'))"


def test_a_password_is_kept_as_argon2id_with_64_mib_three_passes_and_four_lanes() -> None:
    """The second recommended option of RFC 9106, section 4."""
    done = subprocess.run([sys.executable, "-c", HASH], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
