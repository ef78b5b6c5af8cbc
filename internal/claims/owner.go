package claims

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Here is this process as an owner. job is its scheduler's name of it, empty without one.
func Here(job string) Owner {
	host, _ := os.Hostname() // without one, only age tells whether it lives
	o := Owner{Host: host, Process: os.Getpid(), Job: job, Boot: boot()}
	o.Began, _ = began(o.Process)
	return o
}

// dead reports whether an owner is a process of this machine that is no more. Of other machines it knows nothing.
func (o Owner) dead() bool {
	host, err := os.Hostname()
	if err != nil || o.Host != host || host == "" || o.Boot == "" || o.Process == 0 {
		return false
	}
	if o.Boot != boot() { // the machine was started again, or is another of the same name
		return false
	}
	at, ok := began(o.Process)
	return !ok || at != o.Began
}

// boot names the machine's present run; empty where the system has no name for it. Containers of one machine share it,
// and may number their processes apart: so the name of their process space is a part of it.
func boot() string {
	id, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	space, err := os.Readlink("/proc/self/ns/pid")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(id)) + " " + space
}

// began is when a process began, in ticks since the machine started; false for one that is not there or has ended and
// was not waited for.
func began(process int) (uint64, bool) {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(process), "stat"))
	if err != nil {
		return 0, false
	}
	// The second field is the program's name in brackets, which may hold anything.
	_, rest, ok := strings.Cut(string(text[strings.LastIndexByte(string(text), ')')+1:]), " ")
	fields := strings.Fields(rest)
	if !ok || len(fields) < 20 || fields[0] == "Z" {
		return 0, false
	}
	at, err := strconv.ParseUint(fields[19], 10, 64)
	return at, err == nil
}
