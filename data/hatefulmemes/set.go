package hatefulmemes

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/data/stream"
	"github.com/primewindow/primewindow/data/video"
)

// leastSide is the smallest height and width of a picture that is read, in pixels: on a smaller one nothing can be
// told.
const leastSide = 16

// set is a stream of pictures, and their sentences in memory: what a stream keeps depends on files alone, and all
// sentences lie in one.
type set struct {
	*stream.Set
	desc   data.Description
	tokens map[string][]float32 // by identity
}

// Describe implements [data.Dataset].
func (s *set) Describe() data.Description { return s.desc }

// Read implements [data.Dataset].
func (s *set) Read(split data.Split, indices []int, draw uint64) (*data.Batch, error) {
	b, err := s.Set.Read(split, indices, draw)
	if err != nil {
		return nil, err
	}
	for _, i := range indices {
		id, _ := s.Identity(split, i)
		b.X[sentence] = append(b.X[sentence], s.tokens[id]...)
	}
	return b, nil
}

// newSet makes a set of a stream of pictures. length is that of a sentence.
func newSet(pictures *stream.Set, tokens map[string][]float32, length int) *set {
	d := pictures.Describe()
	d.Modalities = append(d.Modalities, data.Modality{Name: sentence, Kind: data.Vector, Shape: []int{length}})
	return &set{pictures, d, tokens}
}

// pictures says how the pictures are read, by identity.
func (o options) pictures(files map[string]file) stream.Modality {
	return stream.Modality{
		Modality: data.Modality{Name: picture, Kind: data.Image, Shape: []int{o.imageSide, o.imageSide, 3}},
		Recipe:   fmt.Sprintf("hatefulmemes picture 2: short side at most %d", o.pictureSide),
		Files:    func(i stream.Item) []string { return []string{files[i.ID].path} },
		Decode: func(_ context.Context, _ stream.Item, files []string) (stream.Feature, error) {
			return o.decodePicture(files[0])
		},
		Finish: o.finish,
	}
}

// decodePicture makes a feature [H, W, 3] of a picture.
func (o options) decodePicture(path string) (stream.Feature, error) {
	b, err := data.ReadFile(path)
	if err != nil {
		return stream.Feature{}, fmt.Errorf("hatefulmemes: %w", err)
	}
	p, err := video.DecodePicture(path, b)
	if err != nil {
		return stream.Feature{}, err
	}
	if min(p.Height, p.Width) < leastSide {
		return stream.Feature{}, &data.FormatError{
			File: path, Reason: fmt.Sprintf("%dx%d pixels, want at least %d a side", p.Width, p.Height, leastSide),
		}
	}
	p = video.Reduce(p, o.pictureSide)
	return stream.Feature{Shape: []int{p.Height, p.Width, 3}, Bytes: p.Pix}, nil
}

// finish makes a sample's picture of a feature.
func (o options) finish(all stream.Features, draw *rand.Rand, to []float32) error {
	f, err := all.At(0)
	if err != nil {
		return err
	}
	if !o.augment {
		draw = nil
	}
	video.Dress(video.Picture{Height: f.Shape[0], Width: f.Shape[1], Pix: f.Bytes}, o.imageSide, draw, to)
	return nil
}
