"""``[hospital]``: who we are."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from plugin.domain.recognition import Institution
from plugin.kit.registry import Options


class HospitalSettings(Options):
    """``[hospital]``: who we are to a region of mutual recognition and on a document.

    Parameters
    ----------
    aliases
        Other names of this hospital, as its devices write them into InstitutionName.
    """

    institution_id: str = "LOCAL"
    name: str = "测试医院"
    level: Annotated[int, Field(ge=1, le=3)] = 3
    public: bool = True
    regions: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()

    def institution(self) -> Institution:
        return Institution(
            institution_id=self.institution_id,
            name=self.name,
            level=self.level,
            public=self.public,
            regions=self.regions,
        )
