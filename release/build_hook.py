"""What hatchling calls when it builds a wheel: the bill of materials goes into it, where PEP 770 has it."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class BillOfMaterials(BuildHookInterface[Any]):
    """Writes `*.dist-info/sboms/tuili.cdx.json`."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called before the wheel is built; an editable one has no bill."""
        if version == "editable":
            return
        root = Path(self.root)
        sys.path.insert(0, str(root / "release"))
        try:
            from sbom import sbom
        finally:
            sys.path.pop(0)
        self._folder = tempfile.TemporaryDirectory(prefix="tuili-sbom-")
        bill = Path(self._folder.name) / "tuili.cdx.json"
        bill.write_text(sbom(root, self.metadata.version), "utf-8")
        build_data["sbom_files"].append(str(bill))

    def finalize(self, version: str, _build_data: dict[str, Any], _artifact_path: str) -> None:
        """Called when the wheel is built."""
        if version != "editable":
            self._folder.cleanup()
