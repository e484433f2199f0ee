"""The steps of the journey that look into the PACS: the QC report and the label, as any neighbour finds them."""

from __future__ import annotations

from pydicom.dataset import Dataset

from plugin.demo.caller import ReadApi
from plugin.demo.cases import DemoCase
from plugin.demo.render import presentation_texts
from plugin.demo.stage import INSTITUTION
from plugin.demo.steps import NotSeen, expect, wait_for
from plugin.domain.errors import DeliveryFailed
from plugin.pacs.scu import Scu
from plugin.sr.read import read
from plugin.sr.render import as_json

COMMENT = "演示：方位描述须更正，已电话告知报告医师"
"""Written into the form, and looked for in the SR that comes back."""

VERIFIER = {"id": "D1002", "name": "钱二", "role": "attending"}
"""Who signs, and fills the form."""


class ArchiveSteps:
    """What one examination's study must hold at the end."""

    def __init__(self, viewer: Scu, api: ReadApi, case: DemoCase, study_instance_uid: str) -> None:
        self._viewer, self._api, self._case, self._uid = viewer, api, case, study_instance_uid
        self._sr_series = ""

    def sr_found(self) -> str:
        """C-FIND lists an SR series in the study."""

        def documents() -> list[Dataset]:
            return [each for each in self._viewer.find_series(self._uid) if each.get("Modality") == "SR"]

        found = wait_for(documents, bool)
        expect(bool(found), "the study has no SR series")
        self._sr_series = str(found[0].SeriesInstanceUID)
        return f"C-FIND: SR series …{self._sr_series[-12:]} in the study"

    def sr_read_back(self) -> str:
        """C-GET brings the SR with the scores of the forms and the very same Chinese."""
        documents = [as_json(read(ds)) for ds in self._viewer.get(self._uid, self._sr_series)]
        expect(bool(documents), "C-GET brought no SR")
        page = documents[-1]
        expect(page.get("qc") is not None, "the SR is not of the QC template")
        exam = self._api.get(f"/exams/{self._case.accession_number}")
        wanted = {sheet["form_id"]: sheet for sheet in exam["sheets"]}
        scores = []
        for each in page["qc"]["objects"]:
            sheet = wanted.pop(each["form"]["id"], None)
            if sheet is None:
                raise NotSeen(f"nobody filled the form {each['form']['id']} of the SR")
            expect(each["score"] == sheet["result"]["score"], f"{each['title']}: {each['score']} in the SR")
            expect(each["scorer"]["name"] == VERIFIER["name"], f"the scorer is {each['scorer']['name']!r}")
            scores.append(f"{each['title']} {each['score']} {each['grade']}")
        expect(not wanted, f"the SR lacks {', '.join(wanted)}")
        expect(any(each["comment"] == COMMENT for each in page["qc"]["objects"]), "the comment has changed")
        expect(
            # The archive's own name stands in the SR: pinyin, and the Hanzi in the second group.
            self._case.file.patient.name in page["patient"]["name"].replace("^", "").split("="),
            f"the patient is {page['patient']['name']!r}",
        )
        return f"{'; '.join(scores)}; 评分人 {VERIFIER['name']}; 「{COMMENT}」"

    def label_read_back(self) -> str:
        """Presentation state and InstitutionName, fetched from the PACS, bear the mark."""

        def marked() -> tuple[list[str], set[str]]:
            try:
                objects = self._viewer.get(self._uid)
            except DeliveryFailed:
                # The presentation state arrived between the question and the C-GET: ask again.
                return [], set()
            states = [ds for ds in objects if ds.get("Modality") == "PR"]
            images = [ds for ds in objects if "PixelData" in ds]
            drawn = {text.text for ds in images for text in presentation_texts(states, ds)}
            return sorted(drawn), {str(ds.get("InstitutionName")) for ds in images}

        labels = self._api.get("/labels")["rows"]
        marks = [
            each["decision"]["mark"]
            for each in labels
            if each["accession_number"] == self._case.accession_number
        ]
        expect(bool(marks), "no label was decided on")
        texts, names = wait_for(marked, lambda seen: bool(seen[0]))
        expect(any(marks[0] in text for text in texts), f"presentation states draw {texts or 'nothing'}")
        expect(names == {f"{INSTITUTION} {marks[0]}"}, f"InstitutionName is {sorted(names)}")
        return f"GSPS draws 「{texts[0]}」; InstitutionName 「{names.pop()}」"
