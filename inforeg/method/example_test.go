package method_test

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/inforeg/method"
)

// sign trains on the signs of the gradients. It needs one hook; the others come of [inforeg.Plain].
type sign struct{ inforeg.Plain }

func (sign) Gradients(s *inforeg.Step) {
	for name, g := range s.Grads {
		s.Grads[name] = Sign(g)
	}
}

// A method of one's own is known to runs, sweeps and the command line once it is registered.
func ExampleRegister() {
	method.Register("example_sign", sign{})
	m, ok := method.Find("example_sign")
	fmt.Println(ok, len(m.Settings()), m.Start())
	// Output: true 0 false
}
