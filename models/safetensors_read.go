package models

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"unicode"

	"github.com/gomlx/compute/dtypes/bfloat16"
	"github.com/gomlx/compute/dtypes/float16"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/internal/seal"
	"github.com/primewindow/primewindow/internal/strict"
)

// safetensorsFile is what errors call a file.
const safetensorsFile = "safetensors"

// widths are the bytes of a value of each type whose values are read.
var widths = map[string]int64{floatName: 4, doubleName: 8, halfName: 2, brainName: 2}

// counters are the bytes of a value of each further type that a counter may have.
var counters = map[string]int64{"I64": 8, "U64": 8, "I32": 4, "U32": 4}

// counterName is what PyTorch calls the number of batches that a batch norm has seen.
const counterName = "num_batches_tracked"

// ReadSafetensors reads the tensors of a safetensors file, in the order of their values in the file, and its text.
// float32, float16 and bfloat16 are read exactly, float64 is rounded. Counters of PyTorch's batch norm,
// num_batches_tracked, are passed over: nothing here depends on them. Of the metadata what is no text comes as its
// JSON. The values have to fill the file without gap or overlap, and where the text has a checksum, see
// [WriteSafetensors], it has to be the file's. A broken file is a [data.FormatError]; another type of element, and a
// value that float32 cannot hold, is a [data.UnsupportedError].
func ReadSafetensors(r io.Reader) ([]Tensor, map[string]string, error) {
	bad := func(format string, args ...any) ([]Tensor, map[string]string, error) {
		return nil, nil, &data.FormatError{File: safetensorsFile, Reason: fmt.Sprintf(format, args...)}
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
	want, sum, sealed := seal.Open(append(binary.LittleEndian.AppendUint64(nil, size), text...))
	summed := &checksum{sum: sum, r: r}
	r = summed
	entries, meta, err := readHeader(text)
	if err != nil {
		return bad("header: %v", err)
	}
	var list []Tensor
	offset := int64(0)
	for _, e := range entries {
		width, ok := widths[e.DType]
		counter := e.name == counterName || strings.HasSuffix(e.name, "."+counterName)
		if counter && !ok {
			width, ok = counters[e.DType]
		}
		if !ok {
			return nil, nil, &data.UnsupportedError{
				File:    safetensorsFile,
				Feature: fmt.Sprintf("tensor %s of type %s, want F32, F64, F16 or BF16", e.name, e.DType),
			}
		}
		count := int64(1)
		for _, d := range e.Shape {
			if d < 0 || (d > 0 && count > math.MaxInt64/8/int64(d)) {
				return bad("tensor %s: shape %v", e.name, e.Shape)
			}
			count *= int64(d)
		}
		if e.Offsets[0] != offset || e.Offsets[1]-e.Offsets[0] != width*count {
			return bad(
				"tensor %s of type %s and shape %v: bytes %v, want [%d %d]", e.name, e.DType, e.Shape, e.Offsets,
				offset, offset+width*count,
			)
		}
		offset = e.Offsets[1]
		body, err := io.ReadAll(io.LimitReader(r, width*count))
		if err != nil || int64(len(body)) != width*count {
			return bad("tensor %s: %d bytes, want %d", e.name, len(body), width*count)
		}
		if counter {
			continue
		}
		values := make([]float32, count)
		if at := decode(values, body, e.DType); at >= 0 {
			return nil, nil, &data.UnsupportedError{
				File: safetensorsFile,
				Feature: fmt.Sprintf(
					"tensor %s: entry %d is %v, which float32 cannot hold", e.name, at,
					math.Float64frombits(binary.LittleEndian.Uint64(body[8*at:])),
				),
			}
		}
		list = append(list, Tensor{Name: e.name, Shape: e.Shape, Values: values})
	}
	if n, _ := io.ReadFull(r, make([]byte, 1)); n != 0 {
		return bad("bytes after the last tensor")
	}
	if got := seal.Digits(summed.sum); sealed && got != want {
		return bad("checksum %s, want %s: %v", got, want, seal.ErrChanged)
	}
	return list, meta, nil
}

// namedEntry is an entry of the header under its name.
type namedEntry struct {
	name string
	entry
}

// readHeader reads the header: tensors in the order of their values, and the text.
func readHeader(text []byte) (list []namedEntry, meta map[string]string, err error) {
	var raw map[string]json.RawMessage
	if err := strict.Unmarshal(text, &raw); err != nil {
		return nil, nil, err
	}
	for name, value := range raw {
		if name == metadataKey {
			if meta, err = readMetadata(value); err != nil {
				return nil, nil, err
			}
			continue
		}
		if strings.ContainsFunc(name, unicode.IsControl) {
			return nil, nil, fmt.Errorf("tensor %q, want a name without control characters", name)
		}
		e := namedEntry{name: name}
		if err := strict.UnmarshalWritten(value, &e.entry); err != nil {
			return nil, nil, fmt.Errorf("tensor %s: %w", name, err)
		}
		if e.Shape == nil {
			return nil, nil, fmt.Errorf("tensor %s: no shape", name)
		}
		list = append(list, e)
	}
	slices.SortFunc(list, func(a, b namedEntry) int {
		return cmp.Or(
			cmp.Compare(a.Offsets[0], b.Offsets[0]), cmp.Compare(a.Offsets[1], b.Offsets[1]),
			cmp.Compare(a.name, b.name),
		)
	})
	return list, meta, nil
}

// readMetadata reads the text of a file. The format has texts alone; what some programs write beside comes as its JSON,
// since nothing but a run's own snapshots reads it.
func readMetadata(value json.RawMessage) (map[string]string, error) {
	var raw map[string]json.RawMessage
	if err := strict.Unmarshal(value, &raw); err != nil {
		return nil, fmt.Errorf("metadata: %w", err)
	}
	var meta map[string]string
	for name, v := range raw {
		var said string
		if json.Unmarshal(v, &said) != nil || bytes.Equal(v, []byte("null")) {
			said = string(v)
		}
		if meta == nil {
			meta = map[string]string{}
		}
		meta[name] = said
	}
	return meta, nil
}

// decode makes values of little-endian ones of a type. It returns the place of the first finite one that float32 cannot
// hold, or -1.
func decode(values []float32, body []byte, dtype string) int {
	switch dtype {
	case floatName:
		for i := range values {
			values[i] = math.Float32frombits(binary.LittleEndian.Uint32(body[4*i:]))
		}
	case halfName:
		for i := range values {
			values[i] = float16.FromBits(binary.LittleEndian.Uint16(body[2*i:])).Float32()
		}
	case brainName:
		for i := range values {
			values[i] = bfloat16.FromBits(binary.LittleEndian.Uint16(body[2*i:])).Float32()
		}
	default:
		for i := range values {
			wide := math.Float64frombits(binary.LittleEndian.Uint64(body[8*i:]))
			values[i] = float32(wide)
			if math.IsInf(float64(values[i]), 0) && !math.IsInf(wide, 0) {
				return i
			}
		}
	}
	return -1
}

// wrappers are the prefixes that PyTorch's DataParallel and torch.compile put before every name of a state dict.
var wrappers = []string{"module.", "_orig_mod."}

// Unwrapped takes the prefixes that PyTorch's wrappers put before names, module. and _orig_mod., off tensors that all
// have them. It returns an error where some have one and others have not.
func Unwrapped(list []Tensor) ([]Tensor, error) {
	for _, prefix := range slices.Concat(wrappers, wrappers) { // in either order, each within the other
		var with, without string
		for _, t := range list {
			if strings.HasPrefix(t.Name, prefix) {
				with = t.Name
			} else {
				without = t.Name
			}
		}
		switch {
		case with == "":
			continue
		case without != "":
			return nil, errors.New(
				"models: tensor " + with + " has the prefix " + prefix + ", tensor " + without + " has not",
			)
		}
		list = slices.Clone(list)
		for i := range list {
			list[i].Name = strings.TrimPrefix(list[i].Name, prefix)
		}
	}
	return list, nil
}
