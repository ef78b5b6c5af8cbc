// Package programs keeps compiled programs on disk, so that a process need not compile what another has compiled.
//
// Start with [Default], the store that all processes of a user share, or [Open]. [Store.Get] reads an entry,
// [Store.Put] keeps one.
//
// Rules, stated once:
//
//   - Loading an entry is running code. So the folder and each file in it must belong to the user who reads them and be
//     writable by nobody else; whatever is not is left unread, and [Store.Trouble] says so.
//   - An entry says which key it was kept under and carries a checksum. One that is cut, damaged, of another key or of
//     another format is not there, and the next Put takes its place.
//   - The store may be deleted at any time, in whole or in part, also while it is used. It holds nothing that cannot be
//     made again.
//   - A store that cannot be written to loses time, never a result: [Store.Trouble] says why.
//   - Several processes may use one store. An entry is written under another name and renamed, so it is there whole or
//     not at all; where two keep the same, one of both stays.
//   - Above its limit the store drops the entries that were not read for longest. Times of reading are kept to the
//     minute.
//   - What a key means is the caller's: it must name everything that the program depends on.
package programs
