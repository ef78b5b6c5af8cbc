package digits

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/primewindow/primewindow/internal/datatest"
)

// sums is the manifest of files.
func sums(files map[string][]byte) manifest {
	m := manifest{}
	for name, b := range files {
		m[name] = sha256.Sum256(b)
	}
	return m
}

// archived is a tar.gz of files as a code host makes it, with a file and a folder beside the recordings.
func archived(t *testing.T, files map[string][]byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	add := func(name string, b []byte) {
		if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(b))}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(b); err != nil {
			t.Fatal(err)
		}
	}
	add("fsdd-1/README.md", []byte("hello"))
	add("fsdd-1/other/0_george_0.wav", []byte("not this one"))
	add("fsdd-1/recordings/../../../outside.wav", []byte("not this one"))
	for _, name := range slices.Sorted(maps.Keys(files)) {
		add("fsdd-1/recordings/"+name, files[name])
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return zipped(out.Bytes())
}

// server hands out a made set and notes what it is asked for.
type server struct {
	*httptest.Server
	files  map[string][]byte // by path
	asked  []string          // path and range
	cut    map[string]int    // paths whose next answer ends after so many bytes, as if the line broke
	ranges bool              // whether it serves parts
}

func newServer(t *testing.T) *server {
	t.Helper()
	s := &server{
		files: map[string][]byte{"/fsdd.tar.gz": archived(t, madeRecordings())}, cut: map[string]int{}, ranges: true,
	}
	for name, b := range madeArrays() {
		s.files["/mnist/"+name+".gz"] = zipped(b)
	}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.asked = append(s.asked, strings.TrimSpace(r.URL.Path+" "+r.Header.Get("Range")))
		b, ok := s.files[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		if n, ok := s.cut[r.URL.Path]; ok {
			delete(s.cut, r.URL.Path)
			w.Header().Set("Content-Length", fmt.Sprint(len(b)))
			if _, err := w.Write(b[:n]); err != nil {
				t.Error(err)
			}
			return
		}
		if s.ranges {
			http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(b))
			return
		}
		if _, err := w.Write(b); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

// fetch runs what [Fetch] runs, with the made set's sums.
func (s *server) fetch(ctx context.Context, dir string) error {
	f := fetcher{
		dir: dir, stage: filepath.Join(dir, ".fetch-digits"),
		sources:    Sources{FSDD: s.URL + "/fsdd.tar.gz", MNIST: s.URL + "/mnist/"},
		recordings: sums(madeRecordings()), arrays: sums(madeArrays()), progress: func(string, int64, int64) {},
	}
	return f.fetch(ctx)
}

// took returns what was asked for since the last call.
func (s *server) took() []string {
	asked := s.asked
	s.asked = nil
	return asked
}

func TestFetch(t *testing.T) {
	s, dir := newServer(t), filepath.Join(t.TempDir(), "new", "folder")
	if err := s.fetch(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	if d := open(t, dir, nil); d.Len("test") != 120 {
		t.Errorf("%d test samples of what was fetched, want 120", d.Len("test"))
	}
	if asked := s.took(); len(asked) != 5 {
		t.Errorf("asked for %q, want five files", asked)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 2 {
		t.Errorf("%v in the folder, %v, want fsdd and mnist alone", entries, err)
	}
	if err := s.fetch(t.Context(), dir); err != nil || len(s.asked) != 0 {
		t.Errorf("fetched again: asked for %q, %v, want nothing", s.asked, err)
	}
}

// TestFetchGoesOn breaks the line once and looks at how the next attempt begins.
func TestFetchGoesOn(t *testing.T) {
	const labels, archive = "/mnist/t10k-labels-idx1-ubyte.gz", "/fsdd.tar.gz"
	for _, tt := range []struct {
		name   string
		path   string
		bytes  int
		ranges bool
		next   string // what the second attempt asks for first
		reason string
	}{
		{"labels", labels, 20, true, labels + " bytes=20-", "the rest alone; the images before it are complete"},
		{"archive", archive, 5000, true, archive + " bytes=5000-", "MNIST is complete"},
		{
			"no ranges", archive, 5000, false, archive + " bytes=5000-",
			"the server sends the whole, and the file begins anew",
		},
		{"nothing came", archive, 0, true, archive, "there is no rest to ask for"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, dir := newServer(t), t.TempDir()
			s.ranges = tt.ranges
			s.cut[tt.path] = tt.bytes
			err := s.fetch(t.Context(), dir)
			if err == nil || !strings.Contains(err.Error(), tt.path+": cut off") {
				t.Fatalf("first attempt: %v, want one cut off at %s", err, tt.path)
			}
			if _, err := os.Stat(filepath.Join(dir, "fsdd")); err == nil {
				t.Error("the folder fsdd is there before it is complete")
			}
			s.took()
			if err := s.fetch(t.Context(), dir); err != nil {
				t.Fatalf("second attempt: %v\nreason: %s", err, tt.reason)
			}
			if asked := s.took(); asked[0] != tt.next {
				t.Errorf("second attempt asks for %q first, want %q\nreason: %s", asked[0], tt.next, tt.reason)
			}
			open(t, dir, nil)
		})
	}
}

// TestFetchRefuses has a server that sends the wrong bytes: nothing of it may reach the set's folders.
func TestFetchRefuses(t *testing.T) {
	other := madeRecordings()
	other["5_theo_1.wav"] = datatest.WAV(sampleRateHz, []int16{1, 2, 3})
	fewer := madeRecordings()
	delete(fewer, "9_theo_5.wav")
	for _, tt := range []struct {
		name, path string
		content    []byte // nil: not there
		want       string
		reason     string
	}{
		{"other recording", "/fsdd.tar.gz", archived(t, other), "5_theo_1.wav: SHA-256 ", "a file was changed"},
		{
			"fewer recordings", "/fsdd.tar.gz", archived(t, fewer), "no recordings/9_theo_5.wav in",
			"a file was taken away",
		},
		{"no archive", "/fsdd.tar.gz", []byte("<html>moved</html>"), "gzip: ", "an error page"},
		{"cut archive", "/fsdd.tar.gz", archived(t, other)[:3000], "unexpected EOF", "the server's own copy is broken"},
		{"not there", "/fsdd.tar.gz", nil, "404 Not Found", "the address is old"},
		{
			"other labels", "/mnist/train-labels-idx1-ubyte.gz", zipped(idxFile([]byte{1}, 1)),
			"train-labels-idx1-ubyte: SHA-256 ", "another set",
		},
		{"no gzip", "/mnist/train-labels-idx1-ubyte.gz", []byte("<html>"), "gzip: ", "an error page"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, dir := newServer(t), t.TempDir()
			good := s.files[tt.path]
			if s.files[tt.path] = tt.content; tt.content == nil {
				delete(s.files, tt.path)
			}
			err := s.fetch(t.Context(), dir)
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), s.URL) ||
				strings.Contains(err.Error(), "\n") {
				t.Fatalf("fetch: %v, want one line with %q and the address\nreason: %s", err, tt.want, tt.reason)
			}
			folder, _, _ := strings.Cut(strings.TrimPrefix(tt.path, "/"), "/")
			if _, err := os.Stat(filepath.Join(dir, strings.TrimSuffix(folder, ".tar.gz"))); err == nil {
				t.Errorf("folder %s is there\nreason: %s", folder, tt.reason)
			}
			s.files[tt.path] = good
			if err := s.fetch(t.Context(), dir); err != nil {
				t.Errorf("once the server is right: %v", err)
			}
		})
	}
}

// TestFetchMends damages a file of a set that is there.
func TestFetchMends(t *testing.T) {
	s, dir := newServer(t), made(t)
	for _, file := range []string{"fsdd/recordings/5_theo_1.wav", "mnist/train-labels-idx1-ubyte.gz"} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte("damaged"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.fetch(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	if asked := s.took(); !slices.Equal(asked, []string{"/mnist/train-labels-idx1-ubyte.gz", "/fsdd.tar.gz"}) {
		t.Errorf("asked for %q, want the two that are damaged", asked)
	}
	open(t, dir, nil)

	raw := filepath.Join(dir, "mnist", "train-labels-idx1-ubyte")
	if err := os.WriteFile(raw, []byte("damaged"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.fetch(t.Context(), dir); err == nil || !strings.Contains(err.Error(), "remove "+raw) {
		t.Errorf("with a damaged decompressed file: %v, want advice to remove it", err)
	}
}

func TestFetchStops(t *testing.T) {
	s, dir := newServer(t), t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.fetch(ctx, dir); err == nil || !strings.Contains(err.Error(), "context canceled") {
		t.Errorf("fetch after its end: %v, want context canceled", err)
	}
}

func TestFetchReports(t *testing.T) {
	s := newServer(t)
	path := filepath.Join(t.TempDir(), "part")
	var last [2]int64
	calls := 0
	report := func(done, total int64) {
		if calls++; done < last[0] {
			t.Errorf("%d bytes done after %d", done, last[0])
		}
		last = [2]int64{done, total}
	}
	if err := os.WriteFile(path, s.files["/fsdd.tar.gz"][:1000], 0o600); err != nil {
		t.Fatal(err)
	}
	if err := download(t.Context(), s.URL+"/fsdd.tar.gz", path, report); err != nil {
		t.Fatal(err)
	}
	if size := int64(len(s.files["/fsdd.tar.gz"])); last != [2]int64{size, size} || calls < 2 {
		t.Errorf("%d reports, the last %v, want %d of as many", calls, last, size)
	}
	if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, s.files["/fsdd.tar.gz"]) {
		t.Errorf("%d bytes, %v, want those of the server", len(got), err)
	}
	// A file that is complete stays as it is: the server has nothing left to send.
	if err := download(t.Context(), s.URL+"/fsdd.tar.gz", path, report); err != nil {
		t.Errorf("download of a complete file: %v", err)
	}
}

func TestParseManifest(t *testing.T) {
	sum := strings.Repeat("0f", 32)
	for _, tt := range []struct {
		name, text string
		want       int
		reason     string
	}{
		{"two", sum + "  a\n" + sum + "  b\n", 2, "as sha256sum writes it"},
		{"no last newline", sum + "  a", 1, "an editor may have taken it"},
		{"short sum", sum[2:] + "  a\n", -1, "32 bytes"},
		{"no hexadecimal", "x" + sum[1:] + "  a\n", -1, "digits and letters up to f"},
		{"one space", sum + " a\n", -1, "two, as sha256sum writes it"},
		{"no name", sum + "  \n", -1, "what of"},
		{"folder", sum + "  ../a\n", -1, "names stay in their folder"},
		{"twice", sum + "  a\n" + sum + "  a\n", -1, "which one holds"},
	} {
		got, err := parseManifest(tt.text)
		if (err != nil) != (tt.want < 0) || err == nil && len(got) != tt.want {
			t.Errorf("%s: %d files, %v, want %d\nreason: %s", tt.name, len(got), err, tt.want, tt.reason)
		}
	}
	recordings, err := parseManifest(fsddSums)
	if err != nil || len(recordings) != 3000 {
		t.Errorf("the recordings' manifest has %d files, %v, want 3000", len(recordings), err)
	}
	arrays, err := parseManifest(mnistSums)
	if err != nil || len(arrays) != 4 {
		t.Errorf("MNIST's manifest has %d files, %v, want 4", len(arrays), err)
	}
}
