package method_test

import (
	"math"
	"testing"
)

// TestPMRThree: of three modalities each that is behind the mean of the others gets its cross entropy, by how far it is
// behind, or in the published code's form whole; the gradient is that of the loss with the ratios held constant.
func TestPMRThree(t *testing.T) {
	names := []string{"a", "b", "c"}
	clip := func(x float64) float64 { return min(max(x, 0), 1) }
	for form, weight := range map[string]func(rho float64) float64{
		"paper": func(rho float64) float64 { return clip(1/rho - 1) },
		"released": func(rho float64) float64 {
			if rho < 1 {
				return 1
			}
			return 0
		},
	} {
		t.Run(form, func(t *testing.T) {
			b := newBench(t, "pmr", 3, map[string]any{"form": form, "alpha": 2.0, "mu": 0.0})
			scalars, grads := b.step(t)
			if _, ok := scalars["rho"]; ok {
				t.Error("a ratio of two is on record")
			}
			behind := map[string]float64{}
			some, sum := 0, 0.0 // ρ of the mean over the mean of the others is 1: not all are behind or ahead
			for _, m := range names {
				if behind[m] = 2 * weight(scalars["rho."+m]); behind[m] > 0 {
					some++
				}
				sum += scalars["rho."+m] / (2 + scalars["rho."+m]) // each modality's share of the sum of all
			}
			if some == 0 || some == len(names) {
				t.Fatalf("%d of %d are behind: %v", some, len(names), scalars)
			}
			if math.Abs(sum-1) > 1e-6 { // float32 ratios
				t.Errorf("shares of the summed p(y) add up to %v, want 1", sum)
			}
			loss := func(s map[string]float64) float64 {
				all := s["loss"]
				for _, m := range names {
					all += behind[m] * s["pce."+m]
				}
				return all
			}
			if got := scalars["total"]; math.Abs(got-loss(scalars)) > 1e-5*got { // float32 sums
				t.Errorf("total %v, want %v", got, loss(scalars))
			}
			for _, m := range names {
				name := "enc." + m + ".conv1.weight"
				for _, i := range []int{0, 7} {
					const h = 1e-2
					was := b.values[name][i]
					b.values[name][i] = was + h
					up, _ := b.step(t)
					b.values[name][i] = was - h
					down, _ := b.step(t)
					b.values[name][i] = was
					want := (loss(up) - loss(down)) / (2 * h)
					// losses near 1 in float32, 1e-7 apart at best, over 2h; and h², times a third derivative of order
					// 1
					if got := float64(grads[name][i]); math.Abs(got-want) > 5e-4 {
						t.Errorf("gradient of %s[%d]: %v, finite differences %v", name, i, got, want)
					}
				}
			}
		})
	}
}
