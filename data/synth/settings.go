package synth

import (
	"fmt"

	"github.com/primewindow/primewindow/data"
)

// Settings lists what can be set about the made clips.
func Settings() []data.Setting {
	share := func(name string, def float64, doc string) data.Setting {
		return data.Setting{Name: name, Default: def, Min: 0, Max: 1, Doc: doc}
	}
	return []data.Setting{
		{Name: "data_seed", Default: 0.0, Min: 0, Max: 1 << 52, Whole: true, Doc: "of all samples"},
		{
			Name: "train", Default: 960.0, Min: 6, Max: 1 << 16, Whole: true,
			Doc: "training samples; one takes 8 KiB of memory",
		},
		{Name: "val", Default: 192.0, Min: 0, Max: 1 << 16, Whole: true, Doc: "validation samples"},
		{Name: "test", Default: 384.0, Min: 0, Max: 1 << 16, Whole: true, Doc: "test samples"},
		{
			Name: "audio_noise", Default: 0.5, Min: 0, Max: 100,
			Doc: "standard deviation of the spectrogram's noise; a chord's loudest line is 2 on average",
		},
		{
			Name: "visual_noise", Default: 0.3, Min: 0, Max: 100,
			Doc: "standard deviation of the picture's noise; a shape is 1 above its ground",
		},
		share("audio_informative", 0.95, "share of samples whose spectrogram carries the class"),
		share("visual_informative", 1, "share of samples whose picture carries the class"),
		{
			Name: "audio_shift", Default: 1.0, Min: 0, Max: 6, Whole: true,
			Doc: "largest random transposition of a chord up or down, in rows: makes the sound slower to learn",
		},
		{
			Name: "audio_hum", Default: 1.5, Min: 0, Max: 10,
			Doc: "size of a hum that all samples share: the larger, the longer the sound's Fisher trace rises before " +
				"it falls",
		},
		{
			Name: "visual_shift", Default: 6.0, Min: 0, Max: 12,
			Doc: "largest random displacement of a shape along each axis, in pixels: makes the picture slower to learn",
		},
		{
			Name: "visual_turn", Default: 15.0, Min: 0, Max: 180,
			Doc: "largest random turn of a shape either way, in degrees",
		},
		{
			Name: "visual_size", Default: 0.2, Min: 0, Max: 0.5,
			Doc: "largest random change of a shape's size either way, as a share of it",
		},
		share(
			"visual_inverted", 0,
			"share of shapes that are darker than their ground instead of brighter; at 0.5 no pixel's mean tells "+
				"the class",
		),
	}
}

// numbers completes and checks settings, all of which are numbers.
func numbers(given map[string]any) (map[string]float64, error) {
	values := map[string]float64{}
	for _, s := range Settings() {
		v, ok := given[s.Name]
		if !ok {
			v = s.Default
		}
		parsed, err := s.Parse(v)
		if err != nil {
			return nil, fmt.Errorf("synth: %w", err)
		}
		values[s.Name] = parsed.(float64)
	}
	for name := range given {
		if _, ok := values[name]; !ok {
			return nil, fmt.Errorf("synth: unknown setting %q", name)
		}
	}
	return values, nil
}
