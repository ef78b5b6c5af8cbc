package synth

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"runtime"
	"sync"

	"github.com/primewindow/primewindow/data"
)

const (
	// Name is the set's name in the catalogue.
	Name = "synth"
	// Doc describes the set in one line.
	Doc = "made clips: a chord's spectrogram and a shape's picture, six classes; needs no files"
)

// Side is the length of both modalities' axes.
const Side = 32

const (
	audio  = "audio"
	visual = "visual"
)

var classes = []string{"disc", "ring", "square", "cross", "triangle", "bars"}

// set holds all samples of a made set. It is not changed once opened.
type set struct {
	desc  data.Description
	seed  uint64
	clips map[data.Split][]clip
}

// Open makes the set that the settings describe; those that are absent have their defaults, and dir is not used.
// It returns an error for a setting that is unknown or out of bounds.
func Open(_ string, settings map[string]any) (data.Dataset, error) {
	v, err := numbers(settings)
	if err != nil {
		return nil, err
	}
	s := &set{seed: uint64(v["data_seed"]), clips: map[data.Split][]clip{}}
	for part, split := range data.Splits {
		s.clips[split] = makeClips(recipe(v), s.seed, part, int(v[string(split)]))
	}
	s.desc = data.Description{
		Name: Name,
		Modalities: []data.Modality{
			{Name: audio, Kind: data.Spectrogram, Shape: []int{Side, Side, 1}},
			{Name: visual, Kind: data.Image, Shape: []int{Side, Side, 1}},
		},
		Classes: classes,
		Provenance: data.Provenance{
			Source:    "made, recipe 1",
			Licence:   "none needed: no one else's data",
			SplitHash: s.hash(),
			Protocol:  "every split is made on its own, with balanced classes",
		},
		Recipe: map[string]any{
			"lr": 0.015, "momentum": 0.9, "weight_decay": 1e-4, "batch": 32.0, "epochs": 12.0, "lr_step": 10.0,
			"lr_gamma":         0.1,
			"encoder." + audio: "cnn2d:16-32-64-64", "encoder." + visual: "cnn2d:16-32-64",
		},
	}
	return s, nil
}

// makeClips makes the first n samples of the part-th split.
func makeClips(r recipe, seed uint64, part, n int) []clip {
	clips := make([]clip, n)
	workers := runtime.GOMAXPROCS(0)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := w; i < n; i += workers {
				clips[i] = r.clip(newStream(seed, uint64(part), uint64(i)), i%len(classes))
			}
		})
	}
	wg.Wait()
	return clips
}

// hash is the SHA-256 over all identities and labels.
func (s *set) hash() string {
	h := sha256.New()
	for _, split := range data.Splits {
		for i := range s.clips[split] {
			id, label := s.Identity(split, i)
			fmt.Fprintf(h, "%s\t%s\t%d\n", split, id, label)
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Describe implements [data.Dataset].
func (s *set) Describe() data.Description { return s.desc }

// Len implements [data.Dataset].
func (s *set) Len(split data.Split) int { return len(s.clips[split]) }

// Identity implements [data.Dataset].
func (s *set) Identity(split data.Split, index int) (id string, label int) {
	return fmt.Sprintf("made/%d/%s/%d", s.seed, split, index), index % len(classes)
}

// Read implements [data.Dataset]. There is no augmentation: the draw is not used.
func (s *set) Read(split data.Split, indices []int, _ uint64) (*data.Batch, error) {
	const size = Side * Side
	b := &data.Batch{
		Indices: append([]int(nil), indices...),
		Labels:  make([]int32, len(indices)),
		X: map[string][]float32{
			audio: make([]float32, size*len(indices)), visual: make([]float32, size*len(indices)),
		},
	}
	clips := s.clips[split]
	for k, i := range indices {
		if i < 0 || i >= len(clips) {
			return nil, fmt.Errorf("synth: index %d of split %s, want at least 0 and below %d", i, split, len(clips))
		}
		b.Labels[k] = int32(i % len(classes))
		copy(b.X[audio][k*size:], clips[i].audio)
		copy(b.X[visual][k*size:], clips[i].visual)
	}
	return b, nil
}
