// Package audio decodes recordings and turns them into spectrograms, for the loaders beside it.
//
// Start with [ReadWAV] and [Spectrogram]; [ReadDuration] looks at a header alone, [Resample] changes the rate,
// [CentredLog], [Kaldi] and [Mel] are the spectrograms of the field's code, with the numbers of librosa and torchaudio
// (testdata/reference.py). For many recordings make an [STFT.Plan], a [KaldiBank], a [MelBank] or a [Resampler] once:
// each serves several goroutines.
//
// Shapes list axes in order: F frequency, low ones first, then T time. Samples are float32 of one channel, in [-1, 1]
// for integer files. A file that is broken gives a [data.FormatError], a codec that is not read a
// [data.UnsupportedError]; both name the file. Every number is computed in float64 and kept as float32. A spectrogram
// of no samples, or of one that is not finite, is an error; silence gives the logarithm of the floor.
//
// Which sample rate a set must have is the loader's knowledge: nothing here resamples unless it is asked to.
package audio
