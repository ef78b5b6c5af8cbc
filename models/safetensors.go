package models

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"

	"github.com/primewindow/primewindow/internal/seal"
)

// Tensor is a named array, as it stands in a safetensors file.
type Tensor struct {
	Name   string
	Shape  []int
	Values []float32 // row-major
}

const (
	metadataKey = "__metadata__"
	maxHeader   = 100 << 20 // the format's own limit
	floatName   = "F32"
	doubleName  = "F64"
	halfName    = "F16"
	brainName   = "BF16"
)

type entry struct {
	DType   string   `json:"dtype"`
	Shape   []int    `json:"shape"`
	Offsets [2]int64 `json:"data_offsets"`
}

// WriteSafetensors writes tensors and text in the safetensors format, as float32, in the order given. The text gets one
// key more, [seal.Key], with the checksum of the whole file, which [ReadSafetensors] checks.
func WriteSafetensors(w io.Writer, list []Tensor, meta map[string]string) error {
	meta = maps.Clone(meta)
	if meta == nil {
		meta = map[string]string{}
	}
	meta[seal.Key] = seal.Blank
	header, err := safetensorsHeader(list, meta)
	if err != nil {
		return err
	}
	values := func(w io.Writer) error {
		s := &SafetensorsWriter{w: w, left: list}
		for _, t := range list {
			if err := s.Write(t.Name, t.Values); err != nil {
				return err
			}
		}
		return s.Close()
	}
	// The header comes first and has the checksum of all that follows, so the values are gone through twice.
	var bad error
	err = seal.Seal(header, func(sum uint32) uint32 {
		follow := &checksum{sum: sum}
		bad = values(follow)
		return follow.sum
	})
	if err := errors.Join(err, bad); err != nil {
		return err
	}
	if _, err := w.Write(header); err != nil {
		return err
	}
	return values(w)
}

// checksum sums what is written to it, or read through it.
type checksum struct {
	sum uint32
	r   io.Reader
}

func (c *checksum) Write(b []byte) (int, error) {
	c.sum = seal.Update(c.sum, b)
	return len(b), nil
}

func (c *checksum) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	c.sum = seal.Update(c.sum, b[:n])
	return n, err
}

// SafetensorsWriter writes a file whose tensors come one after the other.
type SafetensorsWriter struct {
	w    io.Writer
	left []Tensor
	buf  []byte
}

// NewSafetensorsWriter writes the header of a file of tensors of these names and shapes, whose values are not read.
// The file has no checksum.
func NewSafetensorsWriter(w io.Writer, list []Tensor, meta map[string]string) (*SafetensorsWriter, error) {
	header, err := safetensorsHeader(list, meta)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(header); err != nil {
		return nil, err
	}
	return &SafetensorsWriter{w: w, left: list}, nil
}

// safetensorsHeader is what a file begins with: the length of a JSON text, and the text.
func safetensorsHeader(list []Tensor, meta map[string]string) ([]byte, error) {
	header := map[string]any{}
	if len(meta) > 0 {
		header[metadataKey] = meta
	}
	offset := int64(0)
	for _, t := range list {
		if _, twice := header[t.Name]; twice {
			return nil, fmt.Errorf("models: tensor %s twice", t.Name)
		}
		end := offset + 4*int64(Variable{Shape: t.Shape}.Size())
		header[t.Name] = entry{floatName, append([]int{}, t.Shape...), [2]int64{offset, end}}
		offset = end
	}
	text, err := json.Marshal(header)
	if err != nil {
		return nil, err
	}
	for len(text)%8 != 0 { // so that values are aligned
		text = append(text, ' ')
	}
	return append(binary.LittleEndian.AppendUint64(nil, uint64(len(text))), text...), nil
}

// Write writes the values of the next tensor.
func (s *SafetensorsWriter) Write(name string, values []float32) error {
	if len(s.left) == 0 || s.left[0].Name != name {
		return fmt.Errorf("models: tensor %s is not the next of the file", name)
	}
	t := s.left[0]
	if n := (Variable{Shape: t.Shape}).Size(); n != len(values) {
		return fmt.Errorf("models: tensor %s of shape %v: %d values, want %d", name, t.Shape, len(values), n)
	}
	s.left = s.left[1:]
	s.buf = slices.Grow(s.buf[:0], 4*len(values))[:4*len(values)]
	for i, v := range values {
		binary.LittleEndian.PutUint32(s.buf[4*i:], math.Float32bits(v))
	}
	_, err := s.w.Write(s.buf)
	return err
}

// Close reports tensors that were announced and not written. It does not close the file.
func (s *SafetensorsWriter) Close() error {
	if len(s.left) > 0 {
		return fmt.Errorf("models: %d tensors not written, from %s on", len(s.left), s.left[0].Name)
	}
	return nil
}
