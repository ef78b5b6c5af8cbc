package workbench

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/primewindow/primewindow/internal/wire"
)

func TestReadHead(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		status     int
		shape      string
		body       string
		err        string // begins so
		reason     string
	}{
		{
			"usual", "HTTP/1.0 200 OK\r\nprimewindow-shape: 2,3\r\n\r\nrest", 200, "2,3", "rest", "",
			"names of headers have no case",
		},
		{"bare newlines", "HTTP/1.1 404 Not Found\nX: y\n\nrest", 404, "", "rest", "", "a server in another language"},
		{"no headers", "HTTP/1.0 204\r\n\r\n", 204, "", "", "", "and no words"},
		{"nothing", "", 0, "", "", "workbench: reply: EOF after 0 bytes", "a host that was killed"},
		{"cut", "HTTP/1.0 200 OK\r\nA: b", 0, "", "", "workbench: reply: EOF after 21 bytes", "within a header"},
		{
			"other protocol", "220 mail ready\r\n\r\n", 0, "", "",
			`workbench: reply: got "220 mail ready", want a status line`, "something else listens there",
		},
		{
			"no code", "HTTP/1.0 OK\r\n\r\n", 0, "", "", `workbench: reply: got "HTTP/1.0 OK", want a status line`,
			"the code is what counts",
		},
		{
			"bad header", "HTTP/1.0 200 OK\r\nno colon\r\n\r\n", 0, "", "", "workbench: reply: malformed",
			"nothing is guessed",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			in := bufio.NewReader(strings.NewReader(tt.text))
			a, err := readHead(in)
			if tt.err != "" {
				if err == nil || !strings.HasPrefix(err.Error(), tt.err) {
					t.Errorf("error %v, want %q\nreason: %s", err, tt.err, tt.reason)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			rest, _ := io.ReadAll(in)
			if a.status != tt.status || a.header.Get(wire.ShapeHeader) != tt.shape || string(rest) != tt.body {
				t.Errorf(
					"status %d, shape %q, body %q, want %d, %q, %q\nreason: %s", a.status,
					a.header.Get(wire.ShapeHeader), rest, tt.status, tt.shape, tt.body, tt.reason,
				)
			}
		})
	}
}

func TestReadHeadIsBounded(t *testing.T) {
	endless := io.MultiReader(
		strings.NewReader("HTTP/1.0 200 OK\r\n"), strings.NewReader(strings.Repeat("A: b\r\n", maxHead)),
	)
	if _, err := readHead(bufio.NewReader(endless)); err == nil ||
		!strings.Contains(err.Error(), "more than 1048576 bytes") {
		t.Errorf("readHead of a head without end: %v, want its bound", err)
	}
}

func FuzzReadHead(f *testing.F) {
	f.Add([]byte("HTTP/1.0 200 OK\r\nPrimewindow-Shape: 2,3\r\n\r\nbody"))
	f.Add([]byte("HTTP/1.1 500\n\n"))
	f.Add([]byte("HTTP/1.1 99999999999999999999 x\r\n\r\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		a, err := readHead(bufio.NewReader(strings.NewReader(string(text))))
		if (a == nil) == (err == nil) {
			t.Fatalf("reply %v and error %v, want one of them", a, err)
		}
		if err == nil && (a.status < 100 || a.status > 999 || !strings.HasPrefix(string(text), "HTTP/1.")) {
			t.Errorf("status %d read from %q", a.status, text)
		}
	})
}

// TestExchangeSends looks at the bytes of a call: other servers than Go's must understand them too.
func TestExchangeSends(t *testing.T) {
	here, there := net.Pipe()
	got := make(chan string, 1)
	go func() {
		in := bufio.NewReader(there)
		var all strings.Builder
		for !strings.HasSuffix(all.String(), "{\"a\":1}") {
			b, err := in.ReadByte()
			if err != nil {
				break
			}
			all.WriteByte(b)
		}
		got <- all.String()
		_, _ = io.WriteString(there, "HTTP/1.0 200 OK\r\n\r\nfine") // its end is looked at below
		_ = there.Close()
	}()
	a, err := exchange(within(t, 10*time.Second), here, "POST", "/runs/a/set", "me", []byte(`{"a":1}`))
	if err != nil {
		t.Fatal(err)
	}
	defer a.close()
	want := "POST /v1/runs/a/set HTTP/1.0\r\nHost: host\r\nPrimewindow-Client: me\r\nContent-Type: " +
		"application/json\r\nContent-Length: 7\r\n\r\n{\"a\":1}"
	if sent := <-got; sent != want {
		t.Errorf("sent %q, want %q", sent, want)
	}
	if body, err := io.ReadAll(a.body); err != nil || string(body) != "fine" {
		t.Errorf("body %q, %v, want what came until the connection ended", body, err)
	}
}

func TestExchangeEndsWithContext(t *testing.T) {
	here, there := net.Pipe()
	go func() { _, _ = io.Copy(io.Discard, there) }() // reads, and never answers
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, cancel)
	_, err := exchange(ctx, here, "GET", "/host", "me", nil)
	if !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("exchange: %v, want that the connection was closed under it", err)
	}
}

func TestAnswersOfAnotherBuild(t *testing.T) {
	startFake(t)
	c := newClient(os.Getenv(wire.ProjectVariable))
	err := c.call(t.Context(), "GET", "/nothing", nil, &struct{}{})
	want := "the host answers 404 Not Found to GET /v1/nothing"
	if p, ok := errors.AsType[*Problem](err); !ok || p.Message != want ||
		!strings.Contains(p.Hint, "primewindow stop") {
		t.Errorf("call: %v, want %q and what to do", err, want)
	}
	var number int
	if err := c.call(t.Context(), "GET", "/host", nil, &number); err == nil ||
		!strings.Contains(err.Error(), "the host does not answer: ") {
		t.Errorf("call for a number that is answered with an object: %v, want that this is no answer", err)
	}
}
