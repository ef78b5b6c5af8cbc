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
//
// What is written before what decides what a kill can leave. A step's line comes first, without an entry
// ([Journal.Stage]); then the lines and entries of what was measured in it and after it; last the step's own entry,
// with the lengths of the other two journals ([Records.Commit]). That entry makes all of it count. A kill before it
// leaves a line that is cut and measurements that [OpenRecords] drops: the step is taken again. A kill after it leaves
// nothing of the step undone.
//
// Steps and measurements are left to the system to put on disk, and synced before each snapshot, so that a power loss
// costs steps that can be computed again and never leaves a snapshot that is ahead of the record. Events cannot be
// computed: each is synced at once. Who reads beside a writer takes files in the opposite order, the length of the
// checksums before the lines and metrics before the rest, so that each entry that was read has its line.
package record
