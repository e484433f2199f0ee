"""The draft orders of a CDS Hooks ``order-sign`` call: FHIR R4 ServiceRequests to what recognition asks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from plugin.domain.errors import InvalidInput
from plugin.hooks.payload import text_of
from plugin.workflow.prior_request import PriorRequest

DICOM_MODALITIES = frozenset({"http://dicom.nema.org/resources/ontology/DCM", "urn:oid:1.2.840.10008.2.16.4"})
MOST_ORDERS = 20


def draft_orders(data: Mapping[str, Any], issuers: Mapping[str, str]) -> Iterator[tuple[str, PriorRequest]]:
    """Each ServiceRequest of ``context.draftOrders``, for each identifier of the patient.

    Yields the resource's reference beside the request.

    Raises
    ------
    InvalidInput
        Another hook, or no patient in the prefetch: by whom would one look?
    """
    if data.get("hook") != "order-sign":
        raise InvalidInput("/hook", "must be order-sign")
    drafts = _object(_object(data, "context", "/context"), "draftOrders", "/context/draftOrders")
    prefetch = _object(data, "prefetch", "/prefetch")
    patient = _object(prefetch, "patient", "/prefetch/patient")
    identifiers = [
        (text_of(each, "value", needed=False, limit=64), text_of(each, "system", needed=False, limit=200))
        for each in _objects(patient.get("identifier"))
    ]
    encounter = prefetch.get("encounter")
    kind = encounter.get("class") if isinstance(encounter, dict) else None
    in_emergency = isinstance(kind, dict) and kind.get("code") == "EMER"
    resources = [each.get("resource") for each in _objects(drafts.get("entry"))]
    orders = [each for each in _objects(resources) if each.get("resourceType") == "ServiceRequest"]
    for order in orders[:MOST_ORDERS]:
        resource_id = text_of(order, "id", needed=False, limit=64)
        given = order.get("code")
        code: Mapping[str, Any] = given if isinstance(given, dict) else {}
        codings = _objects(code.get("coding"))
        name = text_of(code, "text", needed=False, limit=200) or next(
            (text for each in codings if (text := text_of(each, "display", needed=False, limit=200))), ""
        )
        numbers = [
            text_of(each, "value", needed=False, limit=64) for each in _objects(order.get("identifier"))
        ]
        for value, system in identifiers:
            yield (
                f"ServiceRequest/{resource_id}",
                PriorRequest(
                    patient_id=value,
                    assigning_authority=issuers.get(system, system),
                    exam_item=name,
                    modality=_modality(codings, _objects(order.get("category"))),
                    asked_for=next(iter(filter(None, numbers)), resource_id),
                    emergency=in_emergency or order.get("priority") == "stat",
                ),
            )


def _modality(codings: Sequence[Mapping[str, Any]], categories: Sequence[Mapping[str, Any]]) -> str:
    """A DICOM modality among the codes, if the HIS gives one."""
    given = [*codings, *(coding for each in categories for coding in _objects(each.get("coding")))]
    return next(
        (text_of(each, "code", limit=16) for each in given if each.get("system") in DICOM_MODALITIES), ""
    )


def _object(data: Mapping[str, Any], key: str, where: str) -> dict[str, Any]:
    value = data.get(key)
    if not isinstance(value, dict):
        raise InvalidInput(where, "must be an object")
    return value


def _objects(value: object) -> list[dict[str, Any]]:
    """The objects of a FHIR list; what is none is passed over, as FHIR readers do."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
