"""Which blob store is used: S3 where an address of one is set, otherwise MongoDB's own."""

from typing import Protocol

from pydantic import SecretStr

from libs.runtime.gridfs_blobs import GridFsBlobs
from libs.runtime.mongo import Store
from libs.runtime.s3_blobs import Bucket, S3Blobs
from libs.runtime.sigv4 import Signer


class BlobSettings(Protocol):
    """What says so."""

    s3_endpoint: str
    s3_bucket: str
    s3_region: str
    s3_access_key: str
    s3_secret_key: SecretStr


def open_blobs(settings: BlobSettings, store: Store) -> GridFsBlobs | S3Blobs:
    """The blob store over a store whose database is for blobs alone; to be closed behind it."""
    if not settings.s3_endpoint:
        return GridFsBlobs(store)
    signer = Signer(settings.s3_access_key, settings.s3_secret_key.get_secret_value(), settings.s3_region)
    return S3Blobs(store, Bucket(settings.s3_endpoint.rstrip("/"), settings.s3_bucket, signer))
