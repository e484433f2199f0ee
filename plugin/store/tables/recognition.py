"""Labels of mutual recognition, what they rest on, and the results that were offered."""

from __future__ import annotations

from sqlalchemy import Index, Table

from plugin.store.tables.columns import count, flag, metadata, time, words

labels = Table(
    "labels",
    metadata,
    words("label_id", primary_key=True),
    words("accession_number"),
    words("study_instance_uid"),
    words("region_id"),
    words("mark"),
    flag("eligible"),
    words("decision"),
    time("decided_at"),
    time("withdrawn_at", nullable=True),
    words("withdrawn_reason"),
    words("pacs_state"),
    time("pacs_at", nullable=True),
    Index("ix_labels_accession_number", "accession_number", "decided_at"),
    Index("ix_labels_decided_at", "decided_at"),
)

evaluations = Table(
    "evaluations",
    metadata,
    words("evaluation_id", primary_key=True),
    words("region_id"),
    words("institution_id"),
    count("item_number"),
    words("device"),
    flag("passed"),
    words("valid_from"),
    words("valid_to"),
    Index("ix_evaluations_institution_id", "institution_id"),
)

item_answers = Table(
    "item_answers",
    metadata,
    words("region_id", primary_key=True),
    words("exam_item", primary_key=True),
    count("item_number"),
    words("confirmed_by"),
    time("confirmed_at"),
)
"""An administrator's answers to what no rule maps; 0 is none of the list."""

prior_offers = Table(
    "prior_offers",
    metadata,
    words("offer_id", primary_key=True),
    words("asked_for"),
    words("patient_id"),
    words("assigning_authority"),
    words("prior_accession_number"),
    words("state"),
    words("reason"),
    flag("explained"),
    time("offered_at"),
    words("body"),
    Index("ix_prior_offers_patient", "patient_id", "assigning_authority", "asked_for"),
    Index("ix_prior_offers_offered_at", "offered_at"),
)

image_facts = Table(
    "image_facts",
    metadata,
    words("sop_instance_uid", primary_key=True),
    words("accession_number"),
    words("body"),
    Index("ix_image_facts_accession_number", "accession_number"),
)

image_arrivals = Table(
    "image_arrivals",
    metadata,
    words("accession_number", primary_key=True),
    words("acquired_at"),
    time("first_at"),
    time("last_at"),
    words("patient_id"),
    words("other_patient_id"),
    words("modality"),
    words("other_modality"),
)
"""One row an examination, so that a month's figures need not read every image."""
