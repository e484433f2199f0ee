"""The scoring form that holds a report until it is filled."""
