"""The key pair with which this world's service accounts sign; kept with the state: key files outlive a restart."""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from marketeer_dagster.sandbox.state import State

_META = "google_key"


def private_key_pem(state: State) -> str:
    """The private key, PKCS #8 in PEM; made on the first call."""
    with state.transaction():
        known = state.meta(_META)
        if known is not None:
            return known
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()
        state.set_meta(_META, pem)
        return pem


def signed_by_us(state: State, message: bytes, signature: bytes) -> bool:
    """Whether `signature` is this world's RS256 signature of `message`."""
    key = serialization.load_pem_private_key(private_key_pem(state).encode(), password=None)
    assert isinstance(key, rsa.RSAPrivateKey)
    try:
        key.public_key().verify(signature, message, padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return False
    return True
