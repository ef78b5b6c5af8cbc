package digits

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/primewindow/primewindow/data"
)

// testEvery is how often the prime learning window is tested: about once over the training recordings with one image
// each, so that more images of the same recordings, which make an epoch longer, leave the tests where they were.
const testEvery = "1800 samples"

// Names of the modalities; the leading one is first.
const (
	spoken  = "audio"
	written = "visual"
)

// set holds all samples in memory. It is not changed once opened.
type set struct {
	desc       data.Description
	recordings []recording
	spectra    [][]float32 // by recording, [bins, frames]
	pairs      map[data.Split][]pair
	images     map[data.Split][]float32 // of the samples side by side, degraded, [N, 28, 28]
}

// Open reads the set below dir, all of it into memory; settings that are absent have their defaults. It returns an
// error that names the file for one that is missing, a [data.FormatError] for one that is broken, a
// [data.UnsupportedError] for a codec or a sample rate that is not read, and an error for a setting that is unknown
// or out of bounds or asks for more images than there are.
func Open(dir string, settings map[string]any) (data.Dataset, error) {
	d, err := readSet(dir, settings)
	if err != nil {
		return nil, data.Gather([]error{err})[0]
	}
	return d, nil
}

func readSet(dir string, settings map[string]any) (data.Dataset, error) {
	o, err := parseOptions(settings)
	if err != nil {
		return nil, err
	}
	s := &set{images: map[data.Split][]float32{}}
	if s.recordings, err = listRecordings(dir); err != nil {
		return nil, err
	}
	train, err := readImages(dir, mnistTrain)
	if err != nil {
		return nil, err
	}
	test, err := readImages(dir, mnistTest)
	if err != nil {
		return nil, err
	}
	strangers, err := validating(s.recordings, o)
	if err != nil {
		return nil, err
	}
	if s.pairs, err = pairUp(s.recordings, strangers, train, test, o); err != nil {
		return nil, err
	}
	if s.spectra, err = readSpectra(dir, s.recordings, o.stft); err != nil {
		return nil, err
	}
	trained := map[int]bool{}
	for _, p := range s.pairs[data.Train] {
		trained[p.recording] = true
	}
	standardize(s.spectra, func(i int) bool { return trained[i] })
	for split, pairs := range s.pairs {
		for _, p := range pairs {
			s.images[split] = append(s.images[split], part(split, train, test).at(p.image)...)
		}
	}
	if err := degrade(s.images, o); err != nil {
		return nil, err
	}
	s.describe(o, strangers)
	return s, nil
}

// part is the part of MNIST that a split draws from.
func part(split data.Split, train, test *images) *images {
	if split == data.Test {
		return test
	}
	return train
}

func (s *set) describe(o options, strangers []string) {
	protocol := "theo and lucas are the test split"
	if o.protocol == byTakes {
		protocol = "takes 0 to 4 are the test split"
	}
	validation := fmt.Sprintf("%v of the other takes are validation", o.valShare)
	if len(strangers) > 0 {
		validation = fmt.Sprintf("the other takes of %s are validation", strings.Join(strangers, ", "))
	}
	unfit, choose := "", map[string]any(nil)
	if o.protocol == bySpeakers && o.valSpeakers == valNone {
		unfit = "it is of the speakers that are trained on, and the test split of others"
		if training := trainingSpeakers(s.recordings, o); len(training) > 1 {
			choose = map[string]any{"data.val_speakers": training[len(training)-1]}
		}
	}
	s.desc = data.Description{
		Unfit: unfit, Choose: choose,
		Name: Name,
		Modalities: []data.Modality{
			{Name: spoken, Kind: data.Spectrogram, Shape: []int{o.stft.Bins, o.stft.Frames, 1}},
			{Name: written, Kind: data.Image, Shape: []int{imageSide, imageSide, 1}},
		},
		Classes: []string{"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"},
		Provenance: data.Provenance{
			Source:    "Free Spoken Digit Dataset, Z. Jackson et al.; MNIST, Y. LeCun, C. Cortes, C. Burges",
			Licence:   "FSDD: CC BY-SA 4.0; MNIST: commonly given as CC BY-SA 3.0",
			SplitHash: s.hash(),
			Protocol: fmt.Sprintf("%s, %s, %d images of the digit for each recording by data_seed %d",
				protocol, validation, o.imagesPerRecording, o.seed),
		},
		Recipe: map[string]any{
			"lr": 0.03, "momentum": 0.9, "weight_decay": 1e-4, "batch": 64.0, "epochs": 12.0, "lr_step": 10.0,
			"lr_gamma":     0.1,
			"window_every": testEvery, "k_every": testEvery, "floor": 0.75,
			"encoder." + spoken: "cnn2d:16-32-64-64", "encoder." + written: "cnn2d:16-32-64", "probe_samples": 128.0,
		},
	}
}

// hash is the SHA-256 over all identities and labels.
func (s *set) hash() string {
	h := sha256.New()
	for _, split := range data.Splits {
		for i := range s.pairs[split] {
			id, label := s.Identity(split, i)
			fmt.Fprintf(h, "%s\t%s\t%d\n", split, id, label)
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Describe implements [data.Dataset].
func (s *set) Describe() data.Description { return s.desc }

// Len implements [data.Dataset].
func (s *set) Len(split data.Split) int { return len(s.pairs[split]) }

// Identity implements [data.Dataset]: the recording's name and the image's place in its part of MNIST.
func (s *set) Identity(split data.Split, index int) (id string, label int) {
	p := s.pairs[split][index]
	from := mnistTrain
	if split == data.Test {
		from = mnistTest
	}
	r := s.recordings[p.recording]
	return fmt.Sprintf("%s+%s/%d", r.name(), from, p.image), r.digit
}

// Detail implements [data.Detailed]: the group is the speaker.
func (s *set) Detail(split data.Split, index int) data.Detail {
	return data.Detail{Group: "speaker " + s.recordings[s.pairs[split][index].recording].speaker}
}

// Read implements [data.Dataset]. There is no augmentation: the draw is not used.
func (s *set) Read(split data.Split, indices []int, _ uint64) (*data.Batch, error) {
	size, pairs := s.desc.Modalities[0].Size(), s.pairs[split]
	heard, seen := make([]float32, size*len(indices)), make([]float32, imageSize*len(indices))
	b := &data.Batch{
		Indices: append([]int(nil), indices...),
		Labels:  make([]int32, len(indices)),
		X:       map[string][]float32{spoken: heard, written: seen},
	}
	for k, i := range indices {
		if i < 0 || i >= len(pairs) {
			return nil, fmt.Errorf("digits: index %d of split %s, want at least 0 and below %d", i, split, len(pairs))
		}
		b.Labels[k] = int32(s.recordings[pairs[i].recording].digit)
		copy(heard[k*size:], s.spectra[pairs[i].recording])
		copy(seen[k*imageSize:], s.images[split][i*imageSize:(i+1)*imageSize])
	}
	return b, nil
}
