"""What a journey needs from outside, and nothing of how it is done.

A journey is a function of a :class:`~plugin.workflow.ports.unit_of_work.UnitOfWork`; a door
hands it to the store (``store.submit(work)``), which runs it inside one transaction, commits
it together with the journeys that wait beside it, and only then resolves the future.  An
exception rolls back this journey alone and reaches the caller through the future.  Times are
UTC.

One module a subject; ``plugin/store`` answers each with a module of the same name.  What pages
ask without changing anything stands here, too: :mod:`~plugin.workflow.ports.reading`,
:mod:`~plugin.workflow.ports.document_reading`, :mod:`~plugin.workflow.ports.message_replay`.
"""
