package npy

import "fmt"

// Encode makes an NPY file, version 1, of values of a kind such as "<f4", row by row: the header padded to a multiple
// of 64 bytes, as NumPy pads it.
func Encode(kind string, values []byte, shape ...int) []byte {
	dims := ""
	for _, d := range shape {
		dims += fmt.Sprintf("%d, ", d)
	}
	if len(shape) > 1 {
		dims = dims[:len(dims)-2]
	} else if len(shape) == 1 {
		dims = dims[:len(dims)-1]
	}
	text := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", kind, dims)
	for (len(text)+11)%64 != 0 {
		text += " "
	}
	b := append(make([]byte, 0, len(magic)+5+len(text)+len(values)), magic+"\x01\x00"...)
	b = append(b, byte(len(text)+1), byte((len(text)+1)>>8))
	return append(append(append(b, text...), '\n'), values...)
}
