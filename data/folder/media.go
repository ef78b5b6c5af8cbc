package folder

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/data/text"
	"github.com/primewindow/primewindow/data/video"
)

// loadVideos reads some frames of each video, evenly spread from the first to the last, at one size: the largest one's,
// but the shorter side at most image_side.
func (l *loader) loadVideos(files []string) (column, []fault) {
	frames := make([][]video.Picture, len(files))
	faults := l.each(files, func(i int, _ []byte, name string) (err error) {
		frames[i], err = video.Frames(
			context.Background(), name, video.Options{Evenly: l.o.videoFrames, ShortSide: l.o.imageSide},
		)
		return err
	})
	height, width := 0, 0
	for _, list := range frames {
		if list != nil && list[0].Height*list[0].Width > height*width {
			height, width = list[0].Height, list[0].Width
		}
	}
	if height == 0 {
		return column{}, faults
	}
	c := column{
		bytes: make([][]byte, len(files)),
		mod:   data.Modality{Kind: data.Clip, Shape: []int{l.o.videoFrames, height, width, 3}},
	}
	for i, list := range frames {
		for _, p := range list {
			if p.Height != height || p.Width != width {
				p = video.Resize(p, height, width)
			}
			c.bytes[i] = append(c.bytes[i], p.Pix...)
		}
		frames[i] = nil
	}
	return c, faults
}

// loadTexts reads sentences as token ids. The vocabulary is made of the training samples' texts, or read from a file.
func (l *loader) loadTexts(files []string) (column, []fault) {
	list := make([]string, len(files))
	faults := l.each(files, func(i int, b []byte, name string) error {
		b, err := data.DecodeText(name, b)
		switch {
		case err != nil:
			return err
		case len(bytes.TrimSpace(b)) == 0:
			return &data.FormatError{File: name, Reason: "empty, want a text"}
		}
		list[i] = string(b)
		return nil
	})
	tokens, err := l.tokenizer(list)
	if errors.Is(err, errNoText) && len(faults) > 0 { // which say why
		return column{}, faults
	}
	if err != nil {
		return column{}, append(faults, fault{wholeSet, err})
	}
	c := column{
		values: make([][]float32, len(files)), mod: data.Modality{Kind: data.Vector, Shape: []int{l.o.words}},
		encoder: fmt.Sprintf("transformer,vocab=%d,pad=1", tokens.Size()),
	}
	for i, s := range list {
		if s != "" {
			c.values[i] = tokens.Ids(s, l.o.words)
		}
	}
	return c, faults
}

// errNoText is of a set whose training samples have no whole text.
var errNoText = errors.New("no whole text in split train to make a vocabulary of")

func (l *loader) tokenizer(list []string) (*text.Tokenizer, error) {
	if l.o.vocabulary != "" {
		return text.Open(l.o.vocabulary)
	}
	var training []string
	for i, r := range l.rows {
		if r.split == data.Train && list[i] != "" {
			training = append(training, list[i])
		}
	}
	if len(training) == 0 {
		return nil, fmt.Errorf("%s: %w", l.dir, errNoText)
	}
	return text.Train(training, text.Options{Vocab: l.o.vocab, Lower: true, Kind: text.WordPiece})
}
