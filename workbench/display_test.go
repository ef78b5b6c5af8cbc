package workbench

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/janpfeifer/gonb/gonbui/protocol"

	"github.com/primewindow/primewindow/internal/wire"
)

// fakeKernel is the other end of a cell's two pipes. It drops what it has not been told to wait for, like GoNB.
type fakeKernel struct {
	mu    sync.Mutex
	shown []protocol.DisplayData
}

func startKernel(t *testing.T) *fakeKernel {
	t.Helper()
	dir := t.TempDir()
	there, back := filepath.Join(dir, "there"), filepath.Join(dir, "back")
	for name, path := range map[string]string{protocol.GONB_PIPE_ENV: there, protocol.GONB_PIPE_BACK_ENV: back} {
		if err := syscall.Mkfifo(path, 0o600); err != nil {
			t.Fatal(err)
		}
		t.Setenv(name, path)
	}
	gob.Register(map[string]any{}) // as GoNB does
	gob.Register([]any{})
	k := &fakeKernel{}
	go func() {
		in, err := os.Open(there)
		if err != nil {
			return
		}
		out, err := os.OpenFile(back, os.O_WRONLY, 0)
		if err != nil {
			return
		}
		enc := gob.NewEncoder(out)
		for dec := gob.NewDecoder(in); ; {
			var d protocol.DisplayData
			if err := dec.Decode(&d); err != nil {
				if !errors.Is(err, io.EOF) {
					t.Errorf("kernel: %v", err)
				}
				return
			}
			if v, ok := d.Data[protocol.MIMECommValue].(protocol.CommValue); ok {
				// the cell may have ended
				_ = enc.Encode(&protocol.CommValue{Address: protocol.GonbuiSyncAckAddress, Value: v.Value})
				continue
			}
			k.mu.Lock()
			k.shown = append(k.shown, d)
			k.mu.Unlock()
		}
	}()
	return k
}

// outputs are what a notebook shows in the end: of each named output the last content, in order of first showing.
func (k *fakeKernel) outputs() []protocol.DisplayData {
	k.mu.Lock()
	defer k.mu.Unlock()
	var list []protocol.DisplayData
	place := map[string]int{}
	for _, d := range k.shown {
		if i, ok := place[d.DisplayID]; ok && d.DisplayID != "" {
			list[i] = d
			continue
		}
		place[d.DisplayID] = len(list)
		list = append(list, d)
	}
	return list
}

func TestNotebookText(t *testing.T) {
	f := startFake(t)
	f.behave(func(p *plan) { p.stepTime = time.Millisecond })
	k := startKernel(t)
	stdout, stderr, status := runCell(t, "to 3 twice")
	if status != 0 || stderr != "" || stdout != "end of cell\n" {
		t.Fatalf(
			"status %d, stdout %q, stderr %q: text takes the way of pictures, so that it keeps its place", status,
			stdout, stderr,
		)
	}
	got := k.outputs()
	if len(got) != 2 {
		t.Fatalf("%d outputs, want one for each verb, updated in place: %v", len(got), got)
	}
	for i, want := range []string{
		"compiling the training step (once for each kind of model)\nfirst: step 3, epoch 0, loss 0.3333 (3 steps in ",
		"first is at step 3 already: nothing to do\nfirst: step 3, epoch 0, loss 0.3333",
	} {
		if text, _ := got[i].Data[protocol.MIMETextPlain].(string); !strings.HasPrefix(text, want) {
			t.Errorf("output %d is %q, want it to begin %q", i, text, want)
		}
	}
}

func TestNotebookFigure(t *testing.T) {
	startFake(t)
	k := startKernel(t)
	if _, stderr, status := runCell(t, "draw"); status != 0 {
		t.Fatal(stderr)
	}
	got := k.outputs()
	if len(got) != 1 {
		t.Fatalf("%d outputs, want one bundle: %v", len(got), got)
	}
	// As the host sends it, but with the types that JSON gives.
	want := protocol.DisplayData{
		Data: map[protocol.MIMEType]any{
			"image/png":  []byte("\x89PNG picture"),
			"text/plain": "a figure of first and null",
			vegaLite: map[string]any{
				"mark": "line", "title": nil,
				"data": map[string]any{"values": []any{map[string]any{"x": 1.0, "y": true}}},
			},
		},
		Metadata: map[string]any{"image/png": map[string]any{"width": 640, "height": 320}},
	}
	if diff := cmp.Diff(want, got[0]); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if _, err := json.Marshal(got[0].Data); err != nil {
		t.Errorf("the kernel sends the bundle on as JSON: %v", err)
	}
}

func TestNotebookLive(t *testing.T) {
	f := startFake(t)
	f.behave(func(p *plan) { p.stepTime = 100 * time.Millisecond })
	k := startKernel(t)
	if _, stderr, status := runCell(t, "live"); status != 0 {
		t.Fatal(stderr)
	}
	k.mu.Lock()
	texts, pictures := 0, 0
	for _, d := range k.shown {
		if _, ok := d.Data[protocol.MIMEImagePNG]; ok {
			pictures++
		} else {
			texts++
		}
	}
	k.mu.Unlock()
	// Training takes 1.2 s: a picture at once, then every half second, and the last. 20 leaves room for the
	// notices and the end besides 12 updates.
	if pictures < 2 || pictures > 4 || texts < 5 || texts > 20 {
		t.Errorf("%d pictures and %d texts, want 2 to 4 and 5 to 20: at most 2 and 10 in a second", pictures, texts)
	}
	if got := k.outputs(); len(got) != 2 {
		t.Errorf("%d outputs, want a text and a picture, each in its place", len(got))
	}
	for _, c := range f.calls() {
		if strings.Contains(c, "/figure") && c != "GET /v1/figure?kind=live&run=first" {
			t.Errorf("call %q, want the live figure of the run", c)
		}
	}
}

func TestNotebookErrorsStayOnStderr(t *testing.T) {
	startFake(t)
	k := startKernel(t)
	_, stderr, status := runCell(t, "bad name")
	if status != 1 || !strings.HasPrefix(stderr, "primewindow: error: ") || len(k.outputs()) != 0 {
		t.Errorf("status %d, stderr %q, %d outputs, want 1, the error, none", status, stderr, len(k.outputs()))
	}
}

func TestKernelThatIsGone(t *testing.T) {
	dir := t.TempDir()
	there := filepath.Join(dir, "there")
	if err := syscall.Mkfifo(there, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv(protocol.GONB_PIPE_ENV, there)
	t.Setenv(protocol.GONB_PIPE_BACK_ENV, filepath.Join(dir, "back"))
	var k kernel
	began := time.Now()
	err := k.send(&protocol.DisplayData{})
	if !errors.Is(err, syscall.ENXIO) {
		t.Errorf("send: %v, want that nobody reads the pipe", err)
	}
	k.sync()
	if again := k.send(&protocol.DisplayData{}); !errors.Is(again, syscall.ENXIO) {
		t.Errorf("second send: %v, want the first one's error", again)
	}
	if took := time.Since(began); took > 2*kernelTime {
		t.Errorf("took %v, want at most about %v, once", took, kernelTime)
	}
	var b bytes.Buffer
	s := &screen{way: cells, w: &b, send: k.send, sync: k.sync}
	s.print("where the run is")
	if b.String() != "where the run is\n" {
		t.Errorf("printed %q, want the text on stdout when it cannot be displayed", b.String())
	}
}

func TestBlock(t *testing.T) {
	grow := func(b *block) {
		b.now("step 1")
		b.keep("a notice")
		b.now("step 2")
		b.end("step 3")
	}
	var sent []string
	for _, tt := range []struct {
		name   string
		way    int
		want   string
		reason string
	}{
		{"plain", plain, "a notice\nstep 3\n", "only what stays"},
		{
			"terminal", terminal,
			"\r\x1b[?7lstep 1\x1b[K\x1b[?7h" + "\r\x1b[Ka notice\n" + "\r\x1b[?7lstep 1\x1b[K\x1b[?7h" +
				"\r\x1b[?7lstep 2\x1b[K\x1b[?7h" + "\r\x1b[Kstep 3\n",
			"one line is written over and never wraps",
		},
		{
			"notebook", cells, "step 1|a notice\nstep 1|a notice\nstep 2|a notice\nstep 3",
			"the whole text each time, under one name",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var b bytes.Buffer
			sent = nil
			s := &screen{way: tt.way, w: &b, send: func(d *protocol.DisplayData) error {
				sent = append(sent, d.Data[protocol.MIMETextPlain].(string))
				return nil
			}}
			grow(s.block())
			if got := b.String() + strings.Join(sent, "|"); got != tt.want {
				t.Errorf("got  %q\nwant %q\nreason: %s", got, tt.want, tt.reason)
			}
		})
	}
}

func TestWriteFigure(t *testing.T) {
	dir := t.TempDir()
	f := &wire.Figure{PNG: []byte("one")}
	path, err := writeFigure(f, dir, "trace")
	if want := filepath.Join(dir, "figures", "trace.png"); err != nil || path != want {
		t.Fatalf("writeFigure: %q, %v, want %q", path, err, want)
	}
	if err := os.Chmod(filepath.Dir(path), 0o500); err != nil {
		t.Fatal(err)
	}
	if _, err := writeFigure(f, dir, "trace"); err != nil {
		t.Errorf("the same picture again: %v, want nothing to write", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = writeFigure(f, filepath.Join(dir, "file"), "trace")
	if p, ok := errors.AsType[*Problem](err); !ok || p.Hint == "" {
		t.Errorf("writeFigure below a file: %v, want a problem with a hint", err)
	}
}
