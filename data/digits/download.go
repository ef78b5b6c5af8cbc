package digits

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
)

// download writes what lies at url to path. Bytes that path already holds are those of an attempt that was cut off:
// the server is asked for the rest, and when it sends the whole the file begins anew. When it returns an error, path
// holds what came so far. progress gets the bytes done and in all, -1 where the server does not say.
func download(ctx context.Context, url, path string, progress func(done, total int64)) (err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("digits: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	done, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return fmt.Errorf("digits: %w", err)
	}
	answer, err := request(ctx, url, done)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	total := int64(-1)
	switch answer.StatusCode {
	case http.StatusPartialContent:
		if from := answer.Header.Get("Content-Range"); !strings.HasPrefix(from, fmt.Sprintf("bytes %d-", done)) {
			return fmt.Errorf("digits: %s: sends %q, want the bytes from %d on", url, from, done)
		}
	case http.StatusOK:
		done = 0
		if err := f.Truncate(0); err != nil {
			return fmt.Errorf("digits: %w", err)
		}
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return fmt.Errorf("digits: %w", err)
		}
	case http.StatusRequestedRangeNotSatisfiable:
		return nil // nothing is left to come; whether it is right, its sum tells
	default:
		return fmt.Errorf("digits: %s: the server answers %s", url, answer.Status)
	}
	if answer.ContentLength >= 0 {
		total = done + answer.ContentLength
	}
	progress(done, total)
	if _, err := io.Copy(f, &meter{answer.Body, done, total, progress}); err != nil {
		return fmt.Errorf("digits: %s: cut off: %w", url, err)
	}
	return nil
}

// request asks for the bytes of url from the given one on.
func request(ctx context.Context, url string, from int64) (*http.Response, error) {
	ask, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, fmt.Errorf("digits: %w", err)
	}
	if from > 0 {
		ask.Header.Set("Range", fmt.Sprintf("bytes=%d-", from))
	}
	answer, err := http.DefaultClient.Do(ask)
	if err != nil {
		return nil, fmt.Errorf("digits: %w", err)
	}
	return answer, nil
}

// meter reports how far a reader has come.
type meter struct {
	r           io.Reader
	done, total int64
	progress    func(done, total int64)
}

func (m *meter) Read(p []byte) (int, error) {
	n, err := m.r.Read(p)
	m.done += int64(n)
	if n > 0 {
		m.progress(m.done, m.total)
	}
	return n, err
}
