package digits

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/data/audio"
	"github.com/primewindow/primewindow/data/video"
)

const sampleRateHz = 8000

// heldOut are the speakers of the test split by the protocol "speakers".
var heldOut = []string{"lucas", "theo"}

// officialTest is the number of takes, from 0 on, of the test split by the protocol "takes".
const officialTest = 5

// recording is a file of the spoken set.
type recording struct {
	digit   int
	speaker string
	take    int
}

func (r recording) name() string { return fmt.Sprintf("%d_%s_%d", r.digit, r.speaker, r.take) }

// tested reports whether the recording belongs to the test split.
func (r recording) tested(protocol string) bool {
	if protocol == byTakes {
		return r.take < officialTest
	}
	return slices.Contains(heldOut, r.speaker)
}

// recordingsDir is the folder of the recordings: the package's own, or that of a clone of the set's repository.
func recordingsDir(dir string) string {
	for _, home := range []string{"free-spoken-digit-dataset", "free-spoken-digit-dataset-master"} {
		if st, err := os.Stat(filepath.Join(dir, home, "recordings")); err == nil && st.IsDir() {
			if st, err := os.Stat(data.Subfolder(dir, "fsdd")); err != nil || !st.IsDir() {
				return filepath.Join(dir, home, "recordings")
			}
		}
	}
	return filepath.Join(data.Subfolder(dir, "fsdd"), "recordings")
}

// path is a recording's file, whose extension may be in capitals.
func (r recording) path(folder string) string {
	path := filepath.Join(folder, r.name()+".wav")
	if other := filepath.Join(folder, r.name()+".WAV"); !exists(path) && exists(other) {
		return other
	}
	return path
}

// exists reports whether there is something of this name, a link to nothing among it.
func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// listRecordings lists the recordings below dir by digit, speaker and take. Other files than *.wav are passed over.
// It returns a [data.FormatError] for a name that does not read {digit}_{speaker}_{take}.wav with a digit up to 9,
// and an error that names the file when one is missing: every speaker has the same takes, from 0 on, of every digit.
func listRecordings(dir string) ([]recording, error) {
	folder := recordingsDir(dir)
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, fmt.Errorf("digits: %w", err)
	}
	var list []recording
	present, speakers, takes := map[recording]bool{}, map[string]bool{}, 0
	for _, e := range entries {
		name := strings.TrimSuffix(e.Name(), filepath.Ext(e.Name()))
		if !strings.EqualFold(filepath.Ext(e.Name()), ".wav") || strings.HasPrefix(name, ".") {
			continue
		}
		r, err := parseRecording(name)
		if err != nil {
			return nil, &data.FormatError{File: filepath.Join(folder, e.Name()), Reason: err.Error()}
		}
		if present[r] {
			return nil, &data.FormatError{
				File: filepath.Join(folder, e.Name()), Reason: "is there in capitals and small letters, want it once",
			}
		}
		list = append(list, r)
		present[r], speakers[r.speaker], takes = true, true, max(takes, r.take+1)
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("digits: %s: no recordings, want files {digit}_{speaker}_{take}.wav", folder)
	}
	slices.SortFunc(list, func(a, b recording) int {
		return cmp.Or(cmp.Compare(a.digit, b.digit), cmp.Compare(a.speaker, b.speaker), cmp.Compare(a.take, b.take))
	})
	if len(list) == len(speakers)*10*takes {
		return list, nil
	}
	for digit := range 10 {
		for _, r := range list {
			for take := range takes {
				if want := (recording{digit, r.speaker, take}); !present[want] {
					return nil, fmt.Errorf("digits: %s: missing, want takes 0 to %d of every digit and speaker: %w",
						filepath.Join(folder, want.name()+".wav"), takes-1, fs.ErrNotExist)
				}
			}
		}
	}
	return list, nil
}

// maxTake bounds the number in a file's name.
const maxTake = 999

func parseRecording(name string) (recording, error) {
	parts := strings.Split(name, "_")
	if len(parts) != 3 || parts[1] == "" {
		return recording{}, fmt.Errorf("name %q, want {digit}_{speaker}_{take}", name)
	}
	digit, err := strconv.Atoi(parts[0])
	if err != nil || digit < 0 || digit > 9 {
		return recording{}, fmt.Errorf("label %q, want a digit from 0 to 9", parts[0])
	}
	take, err := strconv.Atoi(parts[2])
	if err != nil || take < 0 || take > maxTake {
		return recording{}, fmt.Errorf("take %q, want a number from 0 to %d", parts[2], maxTake)
	}
	r := recording{digit, parts[1], take}
	if r.name() != name {
		return recording{}, fmt.Errorf("name %q, want %q", name, r.name())
	}
	return r, nil
}

// readSpectra computes the recordings' spectrograms, each of shape [bins, frames].
func readSpectra(dir string, list []recording, stft audio.STFT) ([][]float32, error) {
	spectra, errs, folder := make([][]float32, len(list)), make([]error, len(list)), recordingsDir(dir)
	workers := runtime.GOMAXPROCS(0)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := w; i < len(list); i += workers {
				spectra[i], errs[i] = readSpectrum(list[i].path(folder), stft)
			}
		})
	}
	wg.Wait()
	for _, err := range errs { // the first in order, whichever was met first
		if err != nil {
			return nil, err
		}
	}
	return spectra, nil
}

func readSpectrum(path string, stft audio.STFT) ([]float32, error) {
	sound, err := video.Recording(context.Background(), path, nil, 0)
	if err != nil {
		return nil, err
	}
	if sound.SampleRateHz != sampleRateHz {
		return nil, &data.UnsupportedError{
			File: path, Feature: fmt.Sprintf("sample rate %d Hz, want %d Hz", sound.SampleRateHz, sampleRateHz),
		}
	}
	return audio.Spectrogram(sound.Samples, stft)
}

// standardize shifts and scales all spectra by the mean and the standard deviation over the values of those that
// count says are of the training split. Where these are all equal it only shifts.
func standardize(spectra [][]float32, count func(i int) bool) {
	n, sum, squares := 0.0, 0.0, 0.0
	for i, s := range spectra {
		if count(i) {
			for _, v := range s {
				n, sum, squares = n+1, sum+float64(v), squares+float64(v)*float64(v)
			}
		}
	}
	mean := sum / n
	sd := math.Sqrt(max(0, squares/n-mean*mean))
	if sd < 1e-6 { // rounding is all that differs
		sd = 1
	}
	for _, s := range spectra {
		for k, v := range s {
			s[k] = float32((float64(v) - mean) / sd)
		}
	}
}
