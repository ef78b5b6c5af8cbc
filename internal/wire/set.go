package wire

// Set is an entry of the catalogue of sets: GET /v1/sets.
type Set struct {
	Name    string `json:"name"`
	Doc     string `json:"doc"`
	Present bool   `json:"present"` // whether it can be read without further ado
	State   string `json:"state"`   // where it is, or how to come by it
}

// SetAsk chooses what POST /v1/sets/view shows: the set that a run with these settings would be trained on.
type SetAsk struct {
	Settings map[string]any `json:"settings"`
	Samples  int            `json:"samples"`
}

// SetView is what a set holds, and some of its samples as pictures.
type SetView struct {
	Name   string   `json:"name"`
	Lines  []string `json:"lines"`
	Figure Figure   `json:"figure"`
}
