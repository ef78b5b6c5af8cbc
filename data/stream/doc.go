// Package stream makes a set of samples that stay on disk, for sets larger than memory.
//
// Start with [New], or with [Open] and [Check], of which a loader's own are made. A loader lists its samples and says,
// for each modality, which files a feature is made of, how it is decoded, and how a decoded feature becomes the values
// of a sample. [Stat] and [Each] look at many files before, [Lot] and [Validating] split samples.
//
// Rules, stated once:
//
//   - What [Modality.Decode] makes is kept in the cache by the content of the files and the modality's recipe, so it
//     must depend on nothing else. It is the costly part, and has no randomness.
//   - What [Modality.Finish] does, cropping and flipping for example, is done at each reading. Its random numbers
//     depend on the draw, the sample's identity and the modality alone: a resumed run sees the same crops.
//   - Memory holds the list of samples and those that are being read, nothing else.
//   - What is wrong with single samples as far as the loader sees it are [Faults]: the first is the error of opening
//     the set.
//   - A sample whose files are apart, such as a clip's extracted frames, costs what is wanted of it: a file that no
//     draw chose is neither read nor kept.
//   - A broken file is an error when its sample is read. With SkipBroken every sample is read once when the set is
//     opened, which begins to fill the cache, and verified by [Modality.Verify]; broken ones are left out and
//     described.
package stream
