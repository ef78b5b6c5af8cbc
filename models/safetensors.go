package models

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/primewindow/primewindow/data"
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
)

type entry struct {
	DType   string   `json:"dtype"`
	Shape   []int    `json:"shape"`
	Offsets [2]int64 `json:"data_offsets"`
}

// WriteSafetensors writes tensors and text in the safetensors format, as float32, in the order given.
func WriteSafetensors(w io.Writer, list []Tensor, meta map[string]string) error {
	header := map[string]any{}
	if len(meta) > 0 {
		header[metadataKey] = meta
	}
	offset := int64(0)
	for _, t := range list {
		if n := (Variable{Shape: t.Shape}).Size(); n != len(t.Values) {
			return fmt.Errorf("models: tensor %s of shape %v: %d values, want %d", t.Name, t.Shape, len(t.Values), n)
		}
		if _, twice := header[t.Name]; twice {
			return fmt.Errorf("models: tensor %s twice", t.Name)
		}
		end := offset + 4*int64(len(t.Values))
		header[t.Name] = entry{floatName, append([]int{}, t.Shape...), [2]int64{offset, end}}
		offset = end
	}
	text, err := json.Marshal(header)
	if err != nil {
		return err
	}
	for len(text)%8 != 0 { // so that values are aligned
		text = append(text, ' ')
	}
	if err := binary.Write(w, binary.LittleEndian, uint64(len(text))); err != nil {
		return err
	}
	if _, err := w.Write(text); err != nil {
		return err
	}
	var buf []byte
	for _, t := range list {
		buf = slices.Grow(buf[:0], 4*len(t.Values))[:4*len(t.Values)]
		for i, v := range t.Values {
			binary.LittleEndian.PutUint32(buf[4*i:], math.Float32bits(v))
		}
		if _, err := w.Write(buf); err != nil {
			return err
		}
	}
	return nil
}

// ReadSafetensors reads a safetensors file of float32 tensors, in the order of their values in the file, and
// its text. A broken file is a [data.FormatError], another type of element a [data.UnsupportedError].
func ReadSafetensors(r io.Reader) ([]Tensor, map[string]string, error) {
	bad := func(format string, args ...any) ([]Tensor, map[string]string, error) {
		return nil, nil, &data.FormatError{File: "safetensors", Reason: fmt.Sprintf(format, args...)}
	}
	var size uint64
	if err := binary.Read(r, binary.LittleEndian, &size); err != nil {
		return bad("no header length: %v", err)
	}
	if size > maxHeader {
		return bad("header of %d bytes, want at most %d", size, maxHeader)
	}
	text, err := io.ReadAll(io.LimitReader(r, int64(size)))
	if err != nil || uint64(len(text)) != size {
		return bad("header of %d bytes, want %d", len(text), size)
	}
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(text, &raw); err != nil {
		return bad("header: %v", err)
	}
	var meta map[string]string
	entries := map[string]entry{}
	var names []string
	for name, value := range raw {
		if name == metadataKey {
			if err := json.Unmarshal(value, &meta); err != nil {
				return bad("metadata: %v", err)
			}
			continue
		}
		var e entry
		if err := json.Unmarshal(value, &e); err != nil {
			return bad("tensor %s: %v", name, err)
		}
		entries[name] = e
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		if d := entries[a].Offsets[0] - entries[b].Offsets[0]; d != 0 {
			return int(max(-1, min(1, d)))
		}
		return int(max(-1, min(1, entries[a].Offsets[1]-entries[b].Offsets[1])))
	})
	var list []Tensor
	offset := int64(0)
	for _, name := range names {
		e := entries[name]
		if e.DType != floatName {
			return nil, nil, &data.UnsupportedError{File: "safetensors", Feature: fmt.Sprintf("tensor %s of type %s", name, e.DType)}
		}
		count := int64(1)
		for _, d := range e.Shape {
			if d < 0 || (d > 0 && count > math.MaxInt64/8/int64(d)) {
				return bad("tensor %s: shape %v", name, e.Shape)
			}
			count *= int64(d)
		}
		if e.Offsets[0] != offset || e.Offsets[1]-e.Offsets[0] != 4*count {
			return bad("tensor %s of shape %v: bytes %v, want [%d %d]", name, e.Shape, e.Offsets, offset, offset+4*count)
		}
		offset = e.Offsets[1]
		body, err := io.ReadAll(io.LimitReader(r, 4*count))
		if err != nil || int64(len(body)) != 4*count {
			return bad("tensor %s: %d bytes, want %d", name, len(body), 4*count)
		}
		values := make([]float32, count)
		for i := range values {
			values[i] = math.Float32frombits(binary.LittleEndian.Uint32(body[4*i:]))
		}
		list = append(list, Tensor{Name: name, Shape: e.Shape, Values: values})
	}
	if n, _ := io.ReadFull(r, make([]byte, 1)); n != 0 {
		return bad("bytes after the last tensor")
	}
	return list, meta, nil
}
