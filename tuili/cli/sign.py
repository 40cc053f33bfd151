"""`tuili sign`: whose a bundle is."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def sign(
    bundle: Annotated[Path, typer.Argument(metavar="BUNDLE", help="The directory of a bundle.")],
    key: Annotated[
        Path, typer.Option("--key", help="The private key to sign with; made, with KEY.pub, if it is missing.")
    ],
) -> None:
    """Sign a bundle, so that --require-signed KEY.pub takes it, and takes it only as it is now."""
    from tuili.engine.signed import sign_bundle
    from tuili.engine.signing import make_key

    if not key.exists():
        make_key(key)
        typer.echo(f"{key}.pub: the public key; give it to those who load the bundle, by another way", err=True)
    typer.echo(f"{bundle}: signed by {sign_bundle(bundle, key)}", err=True)
