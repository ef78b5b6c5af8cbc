package models

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/primewindow/primewindow/data"
)

// ParseEncoder makes the encoder that a line of text describes, for inputs of a modality. The forms, with what
// may be left out in brackets:
//
//	cnn1d:32-64-128[,kernel=3][,norm=batch|group|none]    sequences
//	cnn2d:16-32-64[,kernel=3][,norm=batch|group|none]     images, spectrograms, clips
//	resnet18[,width=1][,stem=imagenet|small]              likewise
//	mlp:64-32                                             vectors
//	mlp:64-32,flatten=1                                   anything, as one vector of its values
//	transformer[,dim=32][,heads=4][,layers=2][,mlp=2]     sequences
//	transformer,vocab=N[..]                               token ids from 0 to N-1
//	bag:32-16,vocab=N[,pad=1]                             token ids: mean of vectors of 32, then layers as of an mlp
//	NAME[:channels][,option=value]                        whatever [RegisterEncoder] was told of NAME
//
// A transformer also takes
//
//	pad=1                         token 0, or rows of zeros at both ends of a sequence, are padding
//	pos=learned|sinusoidal|none   what is added to each position
//	pool=mean|class               features are the mean over positions, or those of a learnt class token
//
// The stem is by default small where the input's height or width is below 64. A convolution halves an axis, rounded
// up, so that no input is too short for it. At most 64 blocks or layers.
func ParseEncoder(spec string, m data.Modality) (Encoder, error) {
	for _, size := range m.Shape {
		if size < 1 {
			return nil, fmt.Errorf("models: %s of shape %v, want at least 1 along each axis", m.Kind, m.Shape)
		}
	}
	head, rest, _ := strings.Cut(strings.ReplaceAll(spec, " ", ""), ",")
	kind, channels, _ := strings.Cut(head, ":")
	options := map[string]string{}
	for part := range strings.SplitSeq(rest, ",") {
		if part == "" {
			continue
		}
		name, value, ok := strings.Cut(part, "=")
		if !ok {
			return nil, fmt.Errorf("models: encoder %q: %q, want name=value", spec, part)
		}
		options[name] = value
	}
	take := func(name, def string) string {
		v, ok := options[name]
		if !ok {
			return def
		}
		delete(options, name)
		return v
	}
	form, ok := forms.Find(kind)
	switch {
	case !ok:
		own := names(true)
		last := len(own) - 1
		return nil, fmt.Errorf("models: encoder %q, want %s or %s", spec, strings.Join(own[:last], ", "), own[last])
	case form.bare != "" && channels != "":
		return nil, fmt.Errorf("models: encoder %q: %s takes %s", spec, kind, form.bare)
	}
	e, err := form.parse(channels, m, take)
	if err != nil {
		return nil, err
	}
	for name := range options {
		return nil, fmt.Errorf("models: encoder %q: no option %q", spec, name)
	}
	return e, nil
}

const maxChannels = 1 << 14

// parseWidths reads the number of channels of each block or layer.
func parseWidths(text string) ([]int, error) {
	var list []int
	for part := range strings.SplitSeq(text, "-") {
		n, err := strconv.Atoi(part)
		if err != nil || n < 1 || n > maxChannels {
			return nil, fmt.Errorf(
				"models: channels %q, want whole numbers from 1 to %d joined by hyphens", text, maxChannels,
			)
		}
		list = append(list, n)
	}
	if len(list) > maxBlocks {
		return nil, fmt.Errorf("models: %d blocks or layers, want at most %d", len(list), maxBlocks)
	}
	return list, nil
}

// parseWhole reads a whole number within bounds.
func parseWhole(name, text string, from, to int) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < from || n > to {
		return 0, fmt.Errorf("models: %s %q, want a whole number from %d to %d", name, text, from, to)
	}
	return n, nil
}

func parseCNN1D(channels string, m data.Modality, take func(name, def string) string) (Encoder, error) {
	return parseCNN(1, channels, m, take)
}

func parseCNN2D(channels string, m data.Modality, take func(name, def string) string) (Encoder, error) {
	return parseCNN(2, channels, m, take)
}

func parseCNN(axes int, channels string, m data.Modality, take func(name, def string) string) (Encoder, error) {
	e := CNN{Axes: axes, Norm: take("norm", BatchNorm)}
	var err error
	if e.In, err = checkInput(m, axes); err != nil {
		return nil, err
	}
	if e.Channels, err = parseWidths(channels); err != nil {
		return nil, err
	}
	for _, n := range e.Channels {
		if e.Norm == GroupNorm && n%groupNormGroups != 0 {
			return nil, fmt.Errorf("models: %d channels with norm=group, want a multiple of %d", n, groupNormGroups)
		}
	}
	kernel := take("kernel", "3")
	if e.Kernel, err = strconv.Atoi(kernel); err != nil || e.Kernel < 1 || e.Kernel%2 == 0 || e.Kernel > 31 {
		return nil, fmt.Errorf("models: kernel %q, want an odd number from 1 to 31", kernel)
	}
	switch e.Norm {
	case BatchNorm, GroupNorm, NoNorm:
		return e, nil
	}
	return nil, fmt.Errorf("models: norm %q, want batch, group or none", e.Norm)
}

func parseResNet(_ string, m data.Modality, take func(name, def string) string) (Encoder, error) {
	in, err := checkInput(m, 2)
	if err != nil {
		return nil, err
	}
	stem := ImageNetStem
	if n := len(m.Shape); min(m.Shape[n-3], m.Shape[n-2]) < 64 {
		stem = SmallStem
	}
	e := ResNet18{In: in, Stem: take("stem", stem)}
	width := take("width", "1")
	if e.Width, err = strconv.ParseFloat(width, 64); err != nil || !(e.Width >= 1.0/64 && e.Width <= 16) {
		return nil, fmt.Errorf("models: width %q, want a number from 1/64 to 16", width)
	}
	if e.Stem != ImageNetStem && e.Stem != SmallStem {
		return nil, fmt.Errorf("models: stem %q, want imagenet or small", e.Stem)
	}
	return e, nil
}
