package record

// Mean is the mean of a number of the steps from one to another, the latter not included. It is not known where a step
// has no such number: its line is lost, or the method said nothing. A mean over the others would be of other steps than
// it says.
func (rec Recorded) Mean(name string, from, to int) (mean float64, known bool) {
	for _, step := range rec.History.Metrics[from:to] {
		v, ok := step[name]
		if !ok {
			return 0, false
		}
		mean += v
	}
	return mean / float64(to-from), to > from
}
