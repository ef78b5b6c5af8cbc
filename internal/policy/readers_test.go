package policy

import (
	"bytes"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// readers are what one package alone may call, so that no loader reads a format otherwise than the next.
var readers = []struct {
	call   *regexp.Regexp
	where  string   // names of files begin so; empty for all
	tests  bool     // tests must not call it either
	home   string   // the package that may
	except []string // names of files that may begin so, each with why behind a blank
	reason string
}{
	{
		call: regexp.MustCompile(`\bimage\.(Decode|DecodeConfig)\(`), tests: true,
		reason: "image.Decode takes whichever decoder registered itself first, by the imports of the whole program: " +
			"jpegn does, and fills up " +
			"half a JPEG with green; call data/video's DecodePicture, or a decoder by its name",
	},
	{
		call:  regexp.MustCompile(`\b(png|jpeg|gif|jpegn|webp|bmp|tiff)\.(Decode|DecodeConfig|DecodeAll)\b`),
		where: "data/", home: "data/video",
		reason: "there is one reader of pictures, data/video's DecodePicture, with one rule for damage, transparency " +
			"and orientation",
	},
	{
		call: regexp.MustCompile(`\b(csv\.NewReader|bufio\.NewScanner)\(`), where: "data/", home: "data",
		reason: "text is opened by data.DecodeText, tables by data.DecodeCSV: so every loader reads the same " +
			"encodings, and names the others",
	},
	{
		call: regexp.MustCompile(`\bos\.(Open|OpenFile|ReadFile)\(`), where: "data/", home: "data",
		except: []string{
			"data/cache/ keeps files of its own", "data/digits/fetch.go keeps files of its own",
			"data/digits/download.go likewise",
		},
		reason: "a user's file is opened by data.OpenFile or read by data.ReadFile, which do not wait for a pipe, " +
			"read no device without end, " +
			"and take no terabyte of zeros into memory",
	},
	{
		call: regexp.MustCompile(`\baudio\.(ReadWAV|DecodeWAV|ReadDuration|DecodeDuration)\b`), where: "data/",
		home: "data/video",
		reason: "recordings are read by data/video's Recording and RecordingDuration: what no WAV file of plain " +
			"numbers is goes to ffmpeg, for every loader",
	},
	{
		call: regexp.MustCompile(`\b(zip|gzip|zlib|flate|tar)\.(NewReader|OpenReader|NewReaderDict)\(`), where: "data/",
		except: []string{
			"data/nlvr/images.go its pictures lie in a zip file",
			"data/utdmhad/arrays.go its repacked arrays are gzip files",
			"data/digits/idx.go MNIST's files are gzip files", "data/digits/fetch.go unpacks what it fetched",
		},
		reason: "arrays in archives are read by internal/npy's DecodeZip, MATLAB's files by internal/mat: so each is " +
			"bounded, and no part is passed over",
	},
	{
		call: regexp.MustCompile(`x93NUMPY\b`), where: "data/", home: "data",
		except: []string{"data/folder/kinds.go tells what a file is"},
		reason: "NumPy's files are read by internal/npy alone",
	},
}

func TestReaders(t *testing.T) {
	for _, name := range treeFiles(t) {
		if !strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, ".ipynb") {
			continue
		}
		b := read(t, name)
		for _, r := range readers {
			excepted := slices.ContainsFunc(r.except, func(e string) bool {
				begins, _, _ := strings.Cut(e, " ")
				return strings.HasPrefix(name, begins)
			})
			if excepted || !strings.HasPrefix(name, r.where) || r.home == path.Dir(name) ||
				!r.tests && strings.HasSuffix(name, "_test.go") {
				continue
			}
			if at := r.call.FindIndex(b); at != nil {
				t.Errorf(
					"%s:%d: %s\nreason against it: %s", name, 1+bytes.Count(b[:at[0]], []byte("\n")), b[at[0]:at[1]],
					r.reason,
				)
			}
		}
	}
}

// TestReadersMatch makes sure that the rules can fail.
func TestReadersMatch(t *testing.T) {
	for _, tt := range []struct {
		place  int
		code   string
		want   bool
		reason string
	}{
		{0, "img, _, err := image.Decode" + "(r)", true, "the call"},
		{0, "func image.Decoder(r)", false, "a longer name"},
		{0, "c := viz.image.DecodeConfig" + "(r)", true, "the call"},
		{1, "png.Decode(r)", true, "by name"},
		{1, "f = gif.DecodeAll", true, "as a value"},
		{1, "png.Encode(w, m)", false, "writes"},
		{2, "rows := csv.NewReader(f)", true, "the call"},
		{2, "rows := csv.NewWriter(f)", false, "writes"},
		{3, "b, err := os.ReadFile(path)", true, "the call"},
		{3, "list, err := os.ReadDir(path)", false, "a folder"},
		{4, "s, err := audio.ReadWAV(path)", true, "the call"},
		{4, "x, err := audio.Spectrogram(s)", false, "no reader"},
		{5, "z, err := gzip.NewReader(f)", true, "the call"},
		{5, "z := gzip.NewWriter(f)", false, "writes"},
		{6, "bytes.HasPrefix(b, []byte(\"\\x93NUMPY\"))", true, "the magic"},
	} {
		if got := readers[tt.place].call.MatchString(tt.code); got != tt.want {
			t.Errorf("%q: %v, want %v\nreason: %s", tt.code, got, tt.want, tt.reason)
		}
	}
}
