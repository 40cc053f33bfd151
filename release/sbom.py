"""The bill of materials of a wheel, in CycloneDX 1.6: pinned packages, the models inside and what they are made of.

The same inputs give the same bytes: no time, no random serial number. Packages are those of `requirements.lock`; an
installation without the lock may hold other versions, within the ranges of the wheel's own metadata. The hashes of
their files are in the lock, and the lock's own is here.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from typing import TYPE_CHECKING, Any

from lock import read_lock

if TYPE_CHECKING:
    from pathlib import Path

    from lock import Pin

MODELS = ("tuili/weights", "tuili/entity_weights")
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "tuili")


def sbom(root: Path, version: str) -> str:
    """The bill, as JSON.

    Args:
        root: Of the source tree.
        version: Of tuili.
    """
    pins = read_lock(root / "requirements.lock")
    models = [_model(root / place, place) for place in MODELS if (root / place).is_dir()]
    itself = f"pkg:pypi/tuili@{version}"
    bill = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {
                "type": "library",
                "bom-ref": itself,
                "name": "tuili",
                "version": version,
                "purl": itself,
                "licenses": [{"license": {"id": "Apache-2.0"}}],
            },
            "properties": [{"name": "tuili:sha256-of-requirements.lock", "value": _sha256(root / "requirements.lock")}],
        },
        "components": [*(_package(pin) for pin in pins), *models],
        "dependencies": _dependencies(pins, itself, [model["bom-ref"] for model in models]),
    }
    content = json.dumps(bill, sort_keys=True)
    bill["serialNumber"] = f"urn:uuid:{uuid.uuid5(_NAMESPACE, content)}"
    return json.dumps(bill, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _reference(pin: Pin) -> str:
    return f"pkg:pypi/{pin.name}@{pin.version}"


def _package(pin: Pin) -> dict[str, Any]:
    package: dict[str, Any] = {
        "type": "library",
        "bom-ref": _reference(pin),
        "name": pin.name,
        "version": pin.version,
        "purl": _reference(pin),
    }
    if pin.marker:
        package["properties"] = [{"name": "tuili:environment-marker", "value": pin.marker}]
    return package


def _model(directory: Path, place: str) -> dict[str, Any]:
    manifest = json.loads((directory / "bundle.json").read_text("utf-8"))
    digest = (directory / "bundle.sha256").read_text("ascii").split()[0]
    base = manifest["base"]
    ancestor: dict[str, Any] = {
        "type": "machine-learning-model",
        "name": base["name"],
        "licenses": [{"license": {"name": base["licence"]}}],
    }
    if base.get("sha256"):
        ancestor["hashes"] = [{"alg": "SHA-256", "content": base["sha256"]}]
    return {
        "type": "machine-learning-model",
        "bom-ref": f"model:{manifest['name']}@{digest[:12]}",
        "name": manifest["name"],
        "version": manifest["version"],
        "hashes": [{"alg": "SHA-256", "content": digest}],
        "pedigree": {"ancestors": [ancestor]},
        "components": [
            {
                "type": "file",
                "name": f"{place}/{name}",
                "hashes": [{"alg": "SHA-256", "content": entry["sha256"]}],
            }
            for name, entry in sorted(manifest["files"].items())
        ],
        "properties": [
            {"name": "tuili:trained-on", "value": f"{card['name']} ({card['licence']})"} for card in manifest["data"]
        ],
    }


def _dependencies(pins: list[Pin], itself: str, models: list[str]) -> list[dict[str, Any]]:
    direct = [_reference(pin) for pin in pins if pin.is_direct]
    found = [{"ref": itself, "dependsOn": sorted(direct) + models}]
    for pin in pins:
        needs = sorted(_reference(other) for other in pins if pin.name in other.needed_by)
        found.append({"ref": _reference(pin), "dependsOn": needs})
    return found
