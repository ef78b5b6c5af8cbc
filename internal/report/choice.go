package report

// Epoch says how the epoch was chosen at which each run counts: selection is val, last or test-best, split the one whose
// accuracies are reported.
func Epoch(selection, split string) string {
	how := map[string]string{
		"val":       "each run at the epoch of its best fused accuracy on the validation split",
		"last":      "each run at its last epoch",
		"test-best": "each run at the epoch of its best fused accuracy on the test split itself, as in the paper, which flatters",
	}[selection]
	if split == "val" && selection == "val" {
		how += " itself, which flatters"
	}
	return how
}
