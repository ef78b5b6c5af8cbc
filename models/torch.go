package models

import (
	"fmt"
	"slices"
)

// TorchShape is the variable's shape in PyTorch: of a convolution [out, in, k...], of all others as kept here.
func (v Variable) TorchShape() []int {
	if v.Role != ConvWeight {
		return slices.Clone(v.Shape)
	}
	n := len(v.Shape)
	return append([]int{v.Shape[n-1], v.Shape[n-2]}, v.Shape[:n-2]...)
}

// ToTorch gives a variable's values PyTorch's layout.
func ToTorch(v Variable, values []float32) Tensor {
	t := Tensor{Name: v.Name, Shape: v.TorchShape(), Values: slices.Clone(values)}
	if v.Role == ConvWeight {
		positions, in, out := v.kernel()
		for p := range positions {
			for i := range in {
				for o := range out {
					t.Values[(o*in+i)*positions+p] = values[(p*in+i)*out+o]
				}
			}
		}
	}
	return t
}

// FromTorch gives values in PyTorch's layout the one kept here. It returns an error when the shape is not the
// variable's.
func FromTorch(v Variable, t Tensor) ([]float32, error) {
	if want := v.TorchShape(); !slices.Equal(t.Shape, want) || len(t.Values) != v.Size() {
		return nil, fmt.Errorf("models: %s: got shape %v with %d values, want %v", v.Name, t.Shape, len(t.Values), want)
	}
	values := slices.Clone(t.Values)
	if v.Role == ConvWeight {
		positions, in, out := v.kernel()
		for p := range positions {
			for i := range in {
				for o := range out {
					values[(p*in+i)*out+o] = t.Values[(o*in+i)*positions+p]
				}
			}
		}
	}
	return values, nil
}

// kernel gives a convolution's number of kernel positions and channels.
func (v Variable) kernel() (positions, in, out int) {
	n := len(v.Shape)
	in, out = v.Shape[n-2], v.Shape[n-1]
	return v.Size() / (in * out), in, out
}
