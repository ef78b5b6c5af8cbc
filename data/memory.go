package data

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
)

// Part is what a split of a [Memory] holds.
type Part struct {
	IDs    []string
	Labels []int
	X      map[string]Column // by modality name

	Details []Detail // nil where nothing is known
}

// Column is one modality of N samples side by side, [N, shape...]. One of its fields is set.
type Column struct {
	Values []float32
	Bytes  []byte // 0..255, handed out as 0..1: a quarter of the memory, for pixels and one-hot codes
}

// Memory is a [Dataset] that holds all its samples in memory. It has no augmentation: the draw is not used. It is
// not changed once made.
type Memory struct {
	desc  Description
	parts map[Split]Part
}

// NewMemory makes a set of samples that are there already, and fills in the description's split hash. It returns an
// error that names the sample for an identity that stands twice, a label that is no class, and a value that is not
// finite, and one that names the modality for an array of another size than its shape asks for.
func NewMemory(desc Description, parts map[Split]Part) (*Memory, error) {
	h := sha256.New()
	owner := map[string]Split{}
	for _, split := range Splits {
		p := parts[split]
		if len(p.Labels) != len(p.IDs) {
			return nil, fmt.Errorf("%s: split %s: %d labels, want %d", desc.Name, split, len(p.Labels), len(p.IDs))
		}
		if p.Details != nil && len(p.Details) != len(p.IDs) {
			return nil, fmt.Errorf(
				"%s: split %s: details of %d samples, want %d", desc.Name, split, len(p.Details), len(p.IDs),
			)
		}
		for i, id := range p.IDs {
			if o, ok := owner[id]; ok {
				return nil, fmt.Errorf(
					"%s: sample %s is in split %s and in split %s, want it once", desc.Name, id, o, split,
				)
			}
			owner[id] = split
			if p.Labels[i] < 0 || p.Labels[i] >= len(desc.Classes) {
				return nil, fmt.Errorf(
					"%s: sample %s: label %d, want at least 0 and below %d", desc.Name, id, p.Labels[i],
					len(desc.Classes),
				)
			}
			fmt.Fprintf(h, "%s\t%s\t%d\n", split, id, p.Labels[i])
		}
		for _, m := range desc.Modalities {
			if err := p.X[m.Name].check(p.IDs, m); err != nil {
				return nil, fmt.Errorf("%s: split %s: %s: %w", desc.Name, split, m.Name, err)
			}
		}
	}
	desc.Provenance.SplitHash = hex.EncodeToString(h.Sum(nil))
	return &Memory{desc, parts}, nil
}

// check wants as many finite values for each sample as the modality has.
func (c Column) check(ids []string, m Modality) error {
	size := m.Size()
	if got, want := max(len(c.Values), len(c.Bytes)), len(ids)*size; got != want {
		return fmt.Errorf("%d values, want %d for %d samples", got, want, len(ids))
	}
	for i, v := range c.Values {
		if f := float64(v); math.IsNaN(f) || math.IsInf(f, 0) {
			return NotFinite("sample "+ids[i/size], "value "+Place(i%size, m.Shape), f)
		}
	}
	return nil
}

// Describe implements [Dataset].
func (m *Memory) Describe() Description { return m.desc }

// Len implements [Dataset].
func (m *Memory) Len(split Split) int { return len(m.parts[split].IDs) }

// Identity implements [Dataset].
func (m *Memory) Identity(split Split, index int) (id string, label int) {
	p := m.parts[split]
	return p.IDs[index], p.Labels[index]
}

// Detail implements [Detailed].
func (m *Memory) Detail(split Split, index int) Detail {
	if p := m.parts[split]; p.Details != nil {
		return p.Details[index]
	}
	return Detail{}
}

// Read implements [Dataset].
func (m *Memory) Read(split Split, indices []int, _ uint64) (*Batch, error) {
	p := m.parts[split]
	b := &Batch{Indices: append([]int(nil), indices...), Labels: make([]int32, len(indices)), X: map[string][]float32{}}
	for k, i := range indices {
		if i < 0 || i >= len(p.IDs) {
			return nil, fmt.Errorf(
				"%s: index %d of split %s, want at least 0 and below %d", m.desc.Name, i, split, len(p.IDs),
			)
		}
		b.Labels[k] = int32(p.Labels[i])
	}
	for _, mod := range m.desc.Modalities {
		size := mod.Size()
		x, c := make([]float32, size*len(indices)), p.X[mod.Name]
		for k, i := range indices {
			to := x[k*size : (k+1)*size]
			if c.Bytes == nil {
				copy(to, c.Values[i*size:])
				continue
			}
			for j, v := range c.Bytes[i*size : (i+1)*size] {
				to[j] = float32(v) / 255
			}
		}
		b.X[mod.Name] = x
	}
	return b, nil
}
