package decide

// Table is every guideline, sorted by key.
func Table() []Guideline {
	return []Guideline{
		acrIncidentalNodule,
		fleischner2017,
	}
}
