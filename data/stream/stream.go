package stream

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"maps"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/data/cache"
)

// Item is one sample.
type Item struct {
	ID     string // as its owners name it
	Label  int
	Detail data.Detail
}

// Modality is one signal of the samples, and how it is read.
type Modality struct {
	data.Modality
	// Recipe names the decoding: every parameter, and a version that changes when Decode's results do.
	Recipe string
	// Files are the files that a sample's feature is made of, for the cache and for errors: at least one.
	Files func(Item) []string
	// Apart says that each of a sample's files makes a feature of its own, decoded when it is wanted. Nil stands for
	// never.
	Apart func(Item) bool
	// Decode makes the feature of a sample's files: of one, where they are apart. Errors name the file. ctx ends when
	// nobody waits any more.
	Decode func(ctx context.Context, item Item, files []string) (Feature, error)
	// Finish makes values of the modality's shape from features, into to, which holds zeros. draw is nil without
	// augmentation. Without Finish there is one feature, which must have the modality's shape.
	Finish func(f Features, draw *rand.Rand, to []float32) error
	// Verify looks for what reading a sample does not find, when a whole set is checked. Nil stands for nothing.
	Verify func(context.Context, Item) error
}

// Config says what a set consists of.
type Config struct {
	Description data.Description // without Modalities and split hash, which are filled in
	Parts       map[data.Split][]Item
	Modalities  []Modality
	Cache       *cache.Cache // nil keeps nothing
	// Faults are of samples that Parts lack. They are errors, or with SkipBroken described beside those that decoding
	// finds.
	Faults     Faults
	SkipBroken bool
}

// Set is a [data.Dataset] whose samples are read from disk when they are wanted.
type Set struct {
	desc       data.Description
	parts      map[data.Split][]Item
	modalities []Modality
	cache      *cache.Cache
	tokens     chan struct{} // as many as samples may be decoded at once, over all callers
}

// New makes a set. It returns an error that names the sample for an identity that stands twice and a label that is no
// class, and one for a training split without samples. With SkipBroken it reads everything.
func New(c Config) (*Set, error) {
	if err := c.faults(); err != nil {
		return nil, err
	}
	s := &Set{
		desc: c.Description, parts: maps.Clone(c.Parts), modalities: c.Modalities, cache: c.Cache,
		tokens: make(chan struct{}, runtime.GOMAXPROCS(0)),
	}
	for _, m := range c.Modalities {
		s.desc.Modalities = append(s.desc.Modalities, m.Modality)
	}
	if c.SkipBroken {
		for _, err := range c.Faults {
			s.desc.Provenance.Skipped = append(s.desc.Provenance.Skipped, data.Explain(err).Error())
		}
		for _, f := range s.faults(context.Background(), nil) {
			s.desc.Provenance.Skipped = append(s.desc.Provenance.Skipped, f.err.Error())
			s.parts[f.split] = slices.DeleteFunc(
				slices.Clone(s.parts[f.split]), func(i Item) bool { return i.ID == f.id },
			)
		}
	}
	h := sha256.New()
	owner := map[string]data.Split{}
	for _, split := range data.Splits {
		for _, i := range s.parts[split] {
			if o, ok := owner[i.ID]; ok {
				return nil, fmt.Errorf(
					"%s: sample %s is in split %s and in split %s, want it once", s.desc.Name, i.ID, o, split,
				)
			}
			owner[i.ID] = split
			if i.Label < 0 || i.Label >= len(s.desc.Classes) {
				return nil, fmt.Errorf(
					"%s: sample %s: label %d, want at least 0 and below %d", s.desc.Name, i.ID, i.Label,
					len(s.desc.Classes),
				)
			}
			fmt.Fprintf(h, "%s\t%s\t%d\n", split, i.ID, i.Label)
		}
	}
	for _, split := range []data.Split{data.Train, data.Test} {
		if len(s.parts[split]) == 0 {
			err := fmt.Errorf("%s: no whole sample in split %s", s.desc.Name, split)
			if n := len(s.desc.Provenance.Skipped); n > 0 {
				err = fmt.Errorf("%w: %s, the first: %s", err, count(n, "broken one"), s.desc.Provenance.Skipped[0])
			}
			return nil, err
		}
	}
	s.desc.Provenance.SplitHash = hex.EncodeToString(h.Sum(nil))
	return s, nil
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// Describe implements [data.Dataset].
func (s *Set) Describe() data.Description { return s.desc }

// Len implements [data.Dataset].
func (s *Set) Len(split data.Split) int { return len(s.parts[split]) }

// Identity implements [data.Dataset].
func (s *Set) Identity(split data.Split, index int) (id string, label int) {
	i := s.parts[split][index]
	return i.ID, i.Label
}

// Detail implements [data.Detailed].
func (s *Set) Detail(split data.Split, index int) data.Detail { return s.parts[split][index].Detail }

// Read implements [data.Dataset]: it decodes several samples at a time.
func (s *Set) Read(split data.Split, indices []int, draw uint64) (*data.Batch, error) {
	items := s.parts[split]
	b := &data.Batch{Indices: slices.Clone(indices), Labels: make([]int32, len(indices)), X: map[string][]float32{}}
	for k, i := range indices {
		if i < 0 || i >= len(items) {
			return nil, fmt.Errorf(
				"%s: index %d of split %s, want at least 0 and below %d", s.desc.Name, i, split, len(items),
			)
		}
		b.Labels[k] = int32(items[i].Label)
	}
	for _, m := range s.modalities {
		b.X[m.Name] = make([]float32, m.Size()*len(indices))
	}
	errs := make([]error, len(indices))
	s.parallel(context.Background(), len(indices), func(ctx context.Context, k int) {
		for _, m := range s.modalities {
			size := m.Size()
			if errs[k] = s.read(ctx, m, items[indices[k]], draw, b.X[m.Name][k*size:(k+1)*size]); errs[k] != nil {
				return
			}
		}
	})
	for _, err := range errs {
		if err != nil {
			return nil, data.Explain(err)
		}
	}
	return b, nil
}

// read reads one modality of one sample.
func (s *Set) read(ctx context.Context, m Modality, item Item, draw uint64, to []float32) error {
	files := m.Files(item)
	all := Features{files[:1], func(int) (Feature, error) { return s.feature(ctx, m, item, files) }}
	if m.Apart != nil && m.Apart(item) {
		all = Features{files, func(i int) (Feature, error) { return s.feature(ctx, m, item, files[i:i+1]) }}
	}
	if m.Finish == nil {
		f, err := all.At(0)
		if err != nil {
			return err
		}
		if !slices.Equal(f.Shape, m.Shape) {
			return &data.FormatError{
				File: files[0], Reason: fmt.Sprintf("decoded to shape %v, want %v", f.Shape, m.Shape),
			}
		}
		f.copyTo(to)
		return nil
	}
	var chance *rand.Rand
	if draw != 0 {
		h := fnv.New64a()
		fmt.Fprintf(h, "%s\x00%s", m.Name, item.ID)
		chance = rand.New(rand.NewPCG(draw, h.Sum64()))
	}
	err := m.Finish(all, chance, to)
	if err != nil && !named(err) {
		err = fmt.Errorf("%s: %w", files[0], err)
	}
	return err
}

// named reports whether an error names its file.
func named(err error) bool {
	_, broken := errors.AsType[*data.FormatError](err)
	_, odd := errors.AsType[*data.UnsupportedError](err)
	_, absent := errors.AsType[*fs.PathError](err)
	return broken || odd || absent
}

// feature is what was decoded of some files, from the cache where it is there.
func (s *Set) feature(ctx context.Context, m Modality, item Item, files []string) (Feature, error) {
	key, err := s.cache.Key(m.Recipe, files...)
	if err != nil {
		return Feature{}, fmt.Errorf("%s: %w", s.desc.Name, err)
	}
	var made *Feature
	b, err := s.cache.Get(key, func() ([]byte, error) {
		f, err := m.Decode(ctx, item, files)
		if err == nil {
			err = f.check(files[0])
		}
		if err != nil {
			return nil, err
		}
		made = &f
		if s.cache == nil {
			return nil, nil
		}
		return f.encode(), nil
	})
	switch {
	case err != nil:
		return Feature{}, err
	case made != nil:
		return *made, nil
	}
	return decode(files[0], b)
}

// parallel does something for 0 to n-1, several at a time.
func (s *Set) parallel(ctx context.Context, n int, do func(ctx context.Context, k int)) {
	var wg sync.WaitGroup
	var next atomic.Int64
	for range min(n, cap(s.tokens)) {
		wg.Go(func() {
			for {
				k := int(next.Add(1)) - 1
				if k >= n || ctx.Err() != nil {
					return
				}
				s.tokens <- struct{}{}
				do(ctx, k)
				<-s.tokens
			}
		})
	}
	wg.Wait()
}

// fault is a sample that cannot be read.
type fault struct {
	split data.Split
	id    string
	err   error
}

// faults reads every sample. Of a sample that is broken in several modalities the first is told.
func (s *Set) faults(ctx context.Context, progress func(done, total int)) []fault {
	var all []fault
	for _, split := range data.Splits {
		for _, i := range s.parts[split] {
			all = append(all, fault{split: split, id: i.ID})
		}
	}
	items := slices.Concat(s.parts[data.Train], s.parts[data.Validation], s.parts[data.Test])
	var mu sync.Mutex
	done := 0
	s.parallel(ctx, len(items), func(ctx context.Context, k int) {
		for _, m := range s.modalities {
			all[k].err = s.read(ctx, m, items[k], 0, make([]float32, m.Size()))
			if all[k].err == nil && m.Verify != nil {
				all[k].err = m.Verify(ctx, items[k])
			}
			if all[k].err != nil {
				all[k].err = data.Explain(all[k].err)
				break
			}
		}
		mu.Lock()
		defer mu.Unlock()
		if done++; progress != nil {
			progress(done, len(items))
		}
	})
	return slices.DeleteFunc(all, func(f fault) bool { return f.err == nil })
}

// Check implements [data.Checked].
func (s *Set) Check(ctx context.Context, progress func(done, total int)) []error {
	var errs []error
	for _, f := range s.faults(ctx, progress) {
		if !errors.Is(f.err, context.Canceled) {
			errs = append(errs, f.err)
		}
	}
	errs = data.Gather(errs)
	if ctx.Err() != nil {
		errs = append(errs, context.Cause(ctx))
	}
	return errs
}
