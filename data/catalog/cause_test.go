package catalog

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/primewindow/primewindow/data/folder"
	"github.com/primewindow/primewindow/internal/datatest"
	"github.com/primewindow/primewindow/internal/wire"
)

// TestCause checks and opens folders in which all files of a modality are something else, or a table is, and wants one
// line that says so, and the hint of that cause.
func TestCause(t *testing.T) {
	labels := "id,label,split\n"
	for i := range 6 {
		labels += fmt.Sprintf("s%d,%s,%s\n", i, []string{"a", "b"}[i%2], []string{"train", "train", "test"}[i/2])
	}
	stand := datatest.StandIns()
	for _, tt := range []struct {
		name, labels, ext string
		content           []byte
		want, hint        string
		skips             bool // whether -skip-broken is named
		reason            string
	}{
		{
			"pointers", labels, ".wav", stand[0].Bytes, "m: 6 of 6 .wav files are Git LFS pointers", "git lfs pull",
			false, "once for the set, and leaving them out leaves nothing",
		},
		{
			"annex", labels, ".npy", stand[1].Bytes, "m: 6 of 6 .npy files are git-annex pointers", "git annex get",
			false, "likewise",
		},
		{"pages", labels, ".png", stand[2].Bytes, "m: 6 of 6 .png files are web pages", "download", false, "likewise"},
		{
			"videos", labels, ".mp4", stand[0].Bytes, "m: 6 of 6 .mp4 files are Git LFS pointers", "git lfs pull",
			false, "whether ffmpeg is there or not",
		},
		{
			"texts", labels, ".txt", stand[0].Bytes, "m: 6 of 6 .txt files are Git LFS pointers", "git lfs pull", false,
			"no texts to train on",
		},
		{
			"Latin-1", strings.Replace(labels, ",a,", ",gr\xf6\xdfe,", 1), ".png",
			datatest.PNG(t, datatest.Grey(8, 8, 9)), "labels.csv: line 2, byte 6 (21 of the file): 0xf6 is not UTF-8",
			"iconv", false, "the table is the set's",
		},
	} {
		f := datatest.Files{"labels.csv": []byte(tt.labels)}
		for i := range 6 {
			f[fmt.Sprintf("m/s%d%s", i, tt.ext)] = tt.content
		}
		dir := f.Write(t)
		_, faults := Check(t.Context(), dir, folder.Name, dir, nil, nil)
		_, err := Open(dir, folder.Name, dir, nil)
		if len(faults) != 1 {
			t.Errorf("%s: checking finds %d faults, %v, want one\nreason: %s", tt.name, len(faults), faults, tt.reason)
		}
		for _, err := range append(faults, err) {
			p, ok := errors.AsType[*wire.Problem](err)
			if !ok || !strings.Contains(p.Message, tt.want) || !strings.Contains(p.Hint, tt.hint) ||
				strings.Contains(p.Hint, "-skip-broken") != tt.skips {
				t.Errorf("%s: %+v, want %q and a hint with %q\nreason: %s", tt.name, p, tt.want, tt.hint, tt.reason)
			}
		}
	}
}
