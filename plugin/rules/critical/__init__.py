"""Critical values (危急值): which entries of the catalogue a report meets, and which of them page."""
