"""The certificate authorities that this system trusts, for those who check a certificate without a connection."""

import contextlib
import ssl
from pathlib import Path


def system_roots() -> tuple[bytes, ...]:
    """The authorities that an Outlet trusts too, each as DER; none on a system without any.

    They are OpenSSL's: its file and its folder of hashed names, or those that SSL_CERT_FILE and SSL_CERT_DIR name.
    """
    context = ssl.create_default_context()
    # OpenSSL itself looks into its folder only while it connects.
    folder = ssl.get_default_verify_paths().capath
    for file in sorted(Path(folder).glob("*.[0-9]")) if folder else []:
        # As OpenSSL does, a file that cannot be read is passed over: it vouches for nobody.
        with contextlib.suppress(OSError):
            context.load_verify_locations(file)
    return tuple(context.get_ca_certs(binary_form=True))
