"""Chinese report text: normalised with offsets kept, cut into sentences, its mentions read with side and assertion."""
