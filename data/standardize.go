package data

import "math"

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
