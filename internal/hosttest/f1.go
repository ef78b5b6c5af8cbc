package hosttest

// SlowF1 is the macro F1 of what was said of samples against what they are, slowly: through the samples for each class,
// and through precision and recall.
func SlowF1(classes int, said, there []int) float64 {
	sum := 0.0
	for k := range classes {
		both, ofSaid, ofThere := 0.0, 0.0, 0.0
		for i := range said {
			if said[i] == k {
				ofSaid++
			}
			if there[i] == k {
				ofThere++
			}
			if said[i] == k && there[i] == k {
				both++
			}
		}
		if both == 0 {
			continue // precision, recall or their sum is 0 or has no value, which counts as 0
		}
		precision, recall := both/ofSaid, both/ofThere
		sum += 2 * precision * recall / (precision + recall)
	}
	return sum / float64(classes)
}
