// Package mosi reads CMU-MOSI (A. Zadeh et al., 2016) as features of utterances from video monologues: what is said,
// how it sounds and how the speaker looks, labelled negative or positive.
//
// Start with [Open]. The files lie in one folder; PART is train or test:
//
//	cmu_mosi/transcripts.csv     utterance, words, a number of the video, label 0 or 1; no header
//	cmu_mosi/text_PART.csv       row in transcripts.csv from 0 on, then the features of the text
//	cmu_mosi/text_PART0.csv      the features of the text, then the label
//	cmu_mosi/audio_PART0.csv     those of the sound, of the same utterances in the same order
//	cmu_mosi/video_PART0.csv     those of the picture, likewise
//
// With the setting text=transcripts the words themselves are read, as token ids, and their encoder learns from scratch.
// Or, with the setting features=aligned, sequences that others align to the words:
//
//	cmu_mosi/mosi_aligned.npz    arrays PART_text, PART_audio, PART_vision, [N, T, F], and PART_labels or
//	                             PART_regression_labels, [N] or [N, 1] or [N, 1, 1], sentiments from -3 to 3; PART is
//	                             train, valid or test
//
// Where there are neither, PART_classification_labels will do: 0 negative, 1 neutral, which counts as a sentiment of 0,
// and 2 positive. Further arrays are passed over.
//
// This program reads no pickles, which can run code. Python makes the file of the usual ones, older or newer, in five
// lines:
//
//	import numpy, pickle
//	sets = pickle.load(open("mosi_data.pkl", "rb"))
//	arrays = {f"{part}_{key}": numpy.nan_to_num(numpy.asarray(s[key], "f4"), posinf=0, neginf=0) for part, s in sets.items()
//	          for key in ("text", "audio", "vision", "labels", "regression_labels") if key in s}
//	numpy.savez_compressed("mosi_aligned.npz", **arrays)
//
// Rules, stated once:
//
//   - The split into train and test is the published one, whose parts share no video. The validation split is a share
//     of the training part's videos, drawn by data_seed.
//   - The owners made the features of text and, it seems, of pictures with the training part's labels, those of the
//     validation split among them. So accuracies on it say nothing about new videos: a small network reaches 98 % by
//     text there and 76 % on the test split. Do not choose epochs or constants by it: the description says that it is
//     unfit. It is a split by video already, so that another one would not help. Aligned sequences have none of this.
//   - Aligned sequences are padded by rows of zeros, which stay zeros and do not count.
//   - Each feature is shifted and scaled by its mean and standard deviation over the training split.
//   - Labels must be the same in all four places, text features in both, to 1e-3: rows that do not belong together are
//     an error.
package mosi
