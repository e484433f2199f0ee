"""A simulated RIS, modality and ward, for the demo and the benchmarks."""
