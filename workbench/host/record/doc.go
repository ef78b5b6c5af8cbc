// Package record keeps a run's files so that they prove themselves: a line that is lost or changed is known as such
// when its file is opened, and is never taken for what was written.
//
// A [Journal] is an append-only file of JSON lines, which pandas reads as it is. Beside it lies a file of checksums,
// NAME.sums, with one entry for each line. The rules:
//
//   - Lines are committed: first the lines are written, then their entries, each with one write. What a kill leaves
//     without an entry was never reported as done, and is cut when the file is opened.
//   - An entry has the CRC-32C of its line, the step that the line belongs to, and a running checksum over all entries
//     before it. A line that does not fit its entry is lost: it is set aside with its file, and the caller is told its
//     place, its step and its checksum, by which a line that is computed again is proved to be the same.
//   - Of a journal that cannot be computed again the entries repeat the lines.
//   - A file without checksums, of an older version, is taken as it is, and said to be.
//
// [WriteJSON] writes what is replaced as a whole, with a checksum in it.
//
// Of these a run's folder is made: a [Manifest], three journals, which [Records] holds open, and the files that
// [Starts] lists, from which the run can be taken up. [ReadRecorded] reads a folder without a backend and without
// changing it.
package record
