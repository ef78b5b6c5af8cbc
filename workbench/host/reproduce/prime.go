package reproduce

import (
	"fmt"
	"math"

	"github.com/primewindow/primewindow/internal/wire"
)

// primeArms set InfoReg at the set's own rate beside joint training, and beside controls: slowing or freezing the
// leader for the same epochs, and slowing it in the first ten.
func primeArms([]string) []recipe {
	return usualRates(
		joint(), infoReg(),
		recipe{name: armSlow, method: "slow", like: wire.ArmInfoReg, against: wire.ArmInfoReg, control: true},
		recipe{name: armFreeze, method: "freeze", like: wire.ArmInfoReg, against: wire.ArmInfoReg, control: true},
		recipe{name: "slow for ten epochs", method: "slow", against: wire.ArmInfoReg, control: true},
	)
}

const (
	armSlow   = "slow, same epochs"
	armFreeze = "freeze, same epochs"
)

// usualRates are arms at the set's own learning rate, which is not chosen.
func usualRates(list ...recipe) []recipe {
	for i := range list {
		list[i].ownRate = true
	}
	return list
}

// rateArms have joint training and InfoReg at several learning rates, a step of the grid apart. Each is compared with
// joint training at the same rate.
func rateArms([]string) []recipe {
	var list []recipe
	// The plain names are those of the usual rate, the baseline among them, which other rates must not take.
	for _, step := range []int{-1, 0, 1, 2} {
		j, r := joint(), infoReg()
		if step != 0 {
			suffix := fmt.Sprintf(", rate x %g", math.Pow(tuneSpread, float64(step)))
			if step < 0 {
				suffix = fmt.Sprintf(", rate / %g", math.Pow(tuneSpread, float64(-step)))
			}
			j.name, r.name = j.name+suffix, r.name+suffix
		}
		j.step, r.step, j.paper, r.paper = step, step, nil, nil
		if step != 0 {
			r.against = j.name
		}
		list = append(list, j, r)
	}
	return usualRates(list...)
}
