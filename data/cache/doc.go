// Package cache keeps what was decoded from files on disk, so that it is decoded once.
//
// Start with [Open], or [Default] for the cache that all runs of a user share. [Cache.Key] names an entry by the
// content of the files it was made from and by how it was made; [Cache.Get] reads the entry or makes it.
//
// Rules, stated once:
//
//   - The cache may be deleted at any time, in whole or in part, also while it is used. It holds nothing that cannot be
//     made again.
//   - A cache that cannot be written to loses time, never a result: [Cache.Get] returns what was made, and [Stats]
//     counts what could not be kept.
//   - Entries carry a checksum. One that is damaged is made anew.
//   - Entries lie in packs, files of at most 256 MiB to which one process at a time appends, so that a hundred thousand
//     of them cost no hundred thousand files. A pack whose writer was killed is gone on with behind its last whole
//     entry.
//   - Several processes may use one cache, and see within a second what others keep. An entry that two of them make at
//     once is written twice, with equal bytes.
//   - Above its limit the cache drops the packs that were not read for longest. Times of reading are kept to the hour.
//   - A file that is replaced by another of the same size within the file system's clock tick is not told apart, unless
//     it is younger than two seconds: such files are read again.
package cache
