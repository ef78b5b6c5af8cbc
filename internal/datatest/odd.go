package datatest

// Odd is a file as programs write it that people use, or as a fault leaves it.
type Odd struct {
	Name   string
	Bytes  []byte
	Want   string // in the fault that names the file; empty where it must be read as its plain twin is
	FFmpeg bool   // it takes ffmpeg to read it
	Reason string
}
