package xla

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/primewindow/primewindow/internal/wire"
)

// KernelsVariable says whether new runs are computed with kernels, see package kernels: "on", which fails where there
// are none, or "off", which does not even load the library; unset, they take those that there are.
const KernelsVariable = "PRIMEWINDOW_KERNELS"

// on and off are its values.
const (
	on  = "on"
	off = "off"
)

// withKernels stands in a backend's name between what it is and its kernels.
const withKernels = " with kernels "

// kernelsOf are those in a backend's name.
func kernelsOf(name string) string {
	_, kernels, _ := strings.Cut(name, withKernels)
	return kernels
}

// Kernels names those with which the graphs of NewExec are computed; it is empty where there are none.
func (b *Backend) Kernels() string { return b.kernels }

// Convolutions says in one line what computes convolutions, and why.
func (b *Backend) Convolutions() string {
	name, why := b.available()
	switch {
	case b.kernels != "":
		return fmt.Sprintf("kernels %s, %s", b.kernels, b.seam.write.kernels.ISA)
	case name == "":
		return "XLA's own; no kernels: " + why
	default:
		return fmt.Sprintf("XLA's own; %s=%s takes kernels %s, %s", KernelsVariable, on, name, b.seam.write.kernels.ISA)
	}
}

// available names the kernels that there are, or says why there are none.
func (b *Backend) available() (name, why string) {
	switch {
	case !ofCPU(b.Plugin):
		return "", "they are for XLA's CPU backend"
	case b.seam == nil:
		return "", "programs cannot be changed: " + wire.OneLine((*behind.unled.Load()).Error())
	case b.seam.write.kernels == nil:
		return "", b.seam.write.without
	}
	return b.seam.write.kernels.Name, ""
}

// choose takes the kernels that there are, unless the environment says otherwise. Other backends than XLA's for the CPU
// have none to take.
func (b *Backend) choose() error {
	if !ofCPU(b.Plugin) {
		return nil
	}
	name, why := b.available()
	switch v := os.Getenv(KernelsVariable); v {
	case "":
		b.use(name)
	case off:
	case on:
		if name == "" {
			return &wire.Problem{
				Message: fmt.Sprintf("%s is %s, and there are no kernels: %s", KernelsVariable, on, why),
				Hint:    "`make lab` builds them; or leave the variable unset",
			}
		}
		b.use(name)
	default:
		return &wire.Problem{
			Message: fmt.Sprintf("%s is %q, want %s or %s", KernelsVariable, v, on, off),
			Hint:    "correct the variable, or leave it unset",
		}
	}
	return nil
}

// use has the graphs of NewExec ask for kernels, or for none, and the backend's name say so.
func (b *Backend) use(kernels string) {
	b.Name, _, _ = strings.Cut(b.Name, withKernels)
	if b.kernels = kernels; kernels != "" {
		b.Name += withKernels + kernels
	}
}

// As is the backend with the kernels of a record, of whose backend this is the name, or without any where the record
// has none. Both share devices and tensors. Kernels that are not here are an error, which calls the record by its
// name: in their place the same steps would give other bits.
func (b *Backend) As(recorded, record string) (*Backend, error) {
	kernels := kernelsOf(recorded)
	if kernels == b.kernels {
		return b, nil
	}
	other := *b
	other.use(kernels)
	if kernels == "" {
		return &other, nil
	}
	name, why := b.available()
	switch {
	case name == "":
		return nil, &wire.Problem{
			Message: fmt.Sprintf("%s was computed with kernels %s, and here are none: %s", record, kernels, why),
			Hint:    "`make lab` builds them; without them all that follows would differ in its last digits",
		}
	case name != kernels:
		return nil, &wire.Problem{
			Message: fmt.Sprintf("%s was computed with kernels %s, and here are %s", record, kernels, name),
			Hint: "go on with the version of the program that made it; with other kernels all that follows would " +
				"differ in its last digits",
		}
	}
	return &other, nil
}

// WithKernels is the backend with the kernels that there are; an error says why there are none.
func (b *Backend) WithKernels() (*Backend, error) {
	name, why := b.available()
	if name == "" {
		return nil, errors.New("no kernels: " + why)
	}
	return b.As(withKernels+name, "it")
}

// KernelCalls is how many convolutions kernels have computed in this process; 0 where there are none.
func (b *Backend) KernelCalls() int {
	if b.seam == nil || b.seam.write.kernels == nil {
		return 0
	}
	return b.seam.write.kernels.Calls()
}
