package workbench

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"strconv"
	"strings"

	"github.com/primewindow/primewindow/internal/wire"
)

// reply is what came back from a call. Closing it ends the connection, which a host takes for leaving.
type reply struct {
	status int
	reason string // the status in words, "400 Bad Request"
	header textproto.MIMEHeader
	body   io.Reader
	close  func()
}

// exchange makes one call over a connection of its own, in HTTP/1.0: its body ends where the connection does.
// The package net/http would do more, and would take longer to link into each cell than all the rest does.
func exchange(ctx context.Context, conn net.Conn, method, path, who string, body []byte) (*reply, error) {
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() }) // ends reads and writes under way
	leave := func() {
		stop()
		_ = conn.Close()
	}
	var q bytes.Buffer
	fmt.Fprintf(&q, "%s /v1%s HTTP/1.0\r\nHost: host\r\n%s: %s\r\n", method, path, wire.ClientHeader, who)
	if method != "GET" {
		fmt.Fprintf(&q, "Content-Type: application/json\r\nContent-Length: %d\r\n", len(body))
	}
	q.WriteString("\r\n")
	q.Write(body)
	_, writeErr := conn.Write(q.Bytes()) // a host that refuses a call may answer before it has read all of it
	in := bufio.NewReader(conn)
	a, err := readHead(in)
	if err != nil {
		leave()
		if writeErr != nil {
			err = writeErr
		}
		return nil, err
	}
	a.body, a.close = in, leave
	return a, nil
}

// maxHead bounds a status line with its headers.
const maxHead = 1 << 20

// readHead reads a status line and headers. What follows them in r is the body.
func readHead(r *bufio.Reader) (*reply, error) {
	var head bytes.Buffer
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return nil, fmt.Errorf("workbench: reply: %w after %d bytes of its head", err, head.Len()+len(line))
		}
		head.Write(line)
		if head.Len() > maxHead {
			return nil, fmt.Errorf("workbench: reply: got a head of more than %d bytes", maxHead)
		}
		if len(bytes.TrimRight(line, "\r\n")) == 0 {
			break
		}
	}
	text := textproto.NewReader(bufio.NewReader(&head))
	line, err := text.ReadLine()
	if err != nil {
		return nil, fmt.Errorf("workbench: reply: %w", err)
	}
	version, status, _ := strings.Cut(line, " ")
	digits, _, _ := strings.Cut(status, " ")
	code, err := strconv.Atoi(digits)
	if err != nil || !strings.HasPrefix(version, "HTTP/1.") || code < 100 || code > 999 {
		return nil, fmt.Errorf("workbench: reply: got %.80q, want a status line of HTTP/1", line)
	}
	header, err := text.ReadMIMEHeader()
	if err != nil {
		return nil, fmt.Errorf("workbench: reply: %w", err)
	}
	return &reply{status: code, reason: status, header: header}, nil
}
