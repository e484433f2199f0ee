"""What an examination costs at this site: by the RIS's own name, or by the number in a region's list."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Annotated

from pydantic import Field

from plugin.kit.registry import Options
from plugin.kit.settings import load

Yuan = Annotated[Decimal, Field(ge=0, decimal_places=2)]


class Prices(Options):
    """``config/prices.toml``; an item without a price is counted, and its money is not guessed.

    Parameters
    ----------
    names
        RIS item name as sent → yuan; goes before `items`.
    items
        Region ID → item number → yuan.
    """

    names: dict[str, Yuan] = {}
    items: dict[str, dict[str, Yuan]] = {}

    @classmethod
    def read(cls, config_dir: Path) -> Prices:
        """Read the file; a site without one has no prices.

        Raises
        ------
        ConfigError
            Naming file, line and key of the first mistake.
        """
        path = config_dir / "prices.toml"
        return load(cls, path) if path.is_file() else cls()

    def of(self, exam_item: str, region_id: str, item_number: int) -> Decimal | None:
        """Price of an examination, ``None`` when the table does not say it.

        >>> Prices(items={"chuanyu": {"94": Decimal("260")}}).of("胸部CT平扫", "chuanyu", 94)
        Decimal('260')
        """
        named = self.names.get(exam_item)
        return self.items.get(region_id, {}).get(str(item_number)) if named is None else named
