package data

import (
	"math"
	"slices"
)

// Standardize shifts and scales the values of one modality in all splits, whose last axis has so many features: each
// feature by its mean and standard deviation over the training split alone. A feature that is constant there is only
// shifted. It changes the columns in place.
func Standardize(parts map[Split]Part, modality string, features int) {
	train := parts[Train].X[modality].Values
	n := float64(max(1, len(train)/features))
	mean, sd := make([]float64, features), make([]float64, features)
	for i, v := range train {
		mean[i%features] += float64(v) / n
	}
	for i, v := range train {
		d := float64(v) - mean[i%features]
		sd[i%features] += d * d / n
	}
	for f, v := range sd {
		if sd[f] = math.Sqrt(v); sd[f] <= 1e-6*math.Abs(mean[f]) { // rounding of float32 is all that differs
			sd[f] = 1
		}
	}
	for _, p := range parts {
		values := p.X[modality].Values
		for i, v := range values {
			values[i] = float32((float64(v) - mean[i%features]) / sd[i%features])
		}
	}
}

// StandardizeRows is [Standardize] for sequences with padding, whose rows of so many features are zeros: mean and
// deviation are those of the other rows, and rows of zeros stay as they are.
func StandardizeRows(parts map[Split]Part, modality string, features int) {
	whole := map[Split]Part{}
	places := map[Split][]int{} // of the rows that are no padding
	for split, p := range parts {
		var rows []float32
		values := p.X[modality].Values
		for at := 0; at < len(values); at += features {
			row := values[at : at+features]
			if slices.ContainsFunc(row, func(v float32) bool { return v != 0 }) {
				rows = append(rows, row...)
				places[split] = append(places[split], at)
			}
		}
		whole[split] = Part{X: map[string]Column{modality: {Values: rows}}}
	}
	Standardize(whole, modality, features)
	for split, list := range places {
		for i, at := range list {
			copy(parts[split].X[modality].Values[at:at+features], whole[split].X[modality].Values[i*features:])
		}
	}
}

// Resample brings a sequence of some rows, [rows, features], to another number of rows, by linear interpolation
// between neighbours; first and last row stay what they are. x must hold at least one row and steps be at least 1.
func Resample(x []float32, features, steps int) []float32 {
	rows := len(x) / features
	out := make([]float32, steps*features)
	for t := range steps {
		at := 0.0
		if steps > 1 {
			at = float64(t) * float64(rows-1) / float64(steps-1)
		}
		from := min(int(at), rows-1)
		to, share := min(from+1, rows-1), at-float64(from)
		for f := range features {
			a, b := float64(x[from*features+f]), float64(x[to*features+f])
			out[t*features+f] = float32(a + share*(b-a))
		}
	}
	return out
}
