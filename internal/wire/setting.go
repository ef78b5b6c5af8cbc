package wire

// SettingsAsk chooses what POST /v1/settings lists: the settings of a run that is declared with these.
type SettingsAsk struct {
	Settings map[string]any `json:"settings"`
	Name     string         `json:"name,omitempty"` // those whose names have this in them; empty: all
}

// SettingList is what POST /v1/settings gives.
type SettingList struct {
	Settings []Setting `json:"settings"`
	// why the set cannot be read: defaults lack its recipe, and encoders are left out
	Problem *Problem `json:"problem,omitempty"`
}

// Setting is one of a run's settings.
type Setting struct {
	Name    string `json:"name"`
	Default any    `json:"default"` // under the set's recipe, where the set can be read
	Range   string `json:"range"`
	Mutable bool   `json:"mutable"` // whether it may change in the middle of a run
	Doc     string `json:"doc"`
}
