// Package folder reads a set of your own from one folder.
//
// Start with [Open]; [Check] lists everything that is wrong. The folder holds a table labels.csv with the header
//
//	id,label,split
//
// whose split is train, val or test. A fourth column, group, may say who or what a sample shows, such as its speaker;
// it is empty where that is not known. For each modality NAME the folder holds one of
//
//	NAME/ID.wav, .mp3, ...     a recording: spectrogram
//	NAME/ID.png, .jpg, .gif    an image, as package video reads it
//	NAME/ID.mp4, .avi, ...     a video: video_frames frames of it; its sound is not read
//	NAME/ID.txt                a text: token ids
//	NAME/ID.npy                an array: of no axis or 1 a vector, of 2 a sequence [T, F], of 3 an image [H, W, C], of 4 a clip
//	NAME.csv                   a vector each: header, first column id, then features, in any order of rows
//	NAME.npy                   likewise all in one, the first axis in the order of labels.csv
//
// What a file is, its first bytes tell, and its name where they do not. Videos need ffmpeg, and so do recordings that
// are no WAV files or whose samples are no plain numbers, as those of telephones.
//
// Rules, stated once:
//
//   - Every row of labels.csv is a sample and must be whole in every modality. Files and rows of other identities are
//     passed over, and so are files beside them that are neither .csv nor .npy and names that begin with a full stop.
//   - What is broken is an error that names file and reason. With skip_broken it is left out, and the description's
//     provenance lists it.
//   - Arrays are those of plain numbers that numpy.save writes, in any of its kinds and orders; each number becomes the
//     float32 that is nearest to it, so that whole numbers beyond 2^24 lose their last digits. One that float32 cannot
//     hold is broken.
//   - Links are followed, wherever they lead: the set is your own, and clusters and data tools keep files elsewhere. An
//     id is a name and no path, so that a table cannot lead out of the folder.
//   - A file is an id's by its name with or without extension, in either Unicode form; so is a table's row. Where two
//     fit, none does. Names that differ in capitals or in zeros before a number are not taken, and the error names
//     them.
//   - Where labels.csv names no validation samples, val_share of each class's training samples validate; where that is
//     no whole sample of any class, val_share of all together, at least one. One of each class is left to train on: of
//     classes of one sample each none validates, and a run measures no validation figures. Where the table names groups
//     and tests none that it trains on, whole groups validate, about val_share of each class, drawn by their names:
//     what is chosen on them is chosen on strangers, as it is tested.
//   - A class has one spelling: 1 and 1.0, True and true, or a letter in both forms that Unicode has for it, are a
//     fault.
//   - Classes are the labels of the training split, in order: as numbers where all are whole numbers, else as words.
//   - The vocabulary of texts is made of those of the training split, in WordPiece, or read from a file.
//   - Recordings have one sample rate, those that are no WAV files the one of the setting rate. Images are brought to
//     one size, the largest one's, but no side above image_side, by means over areas; they have one channel where all
//     are grey, else three. So are videos, by linear interpolation. Sequences of different lengths are brought to steps
//     by linear interpolation.
//   - Spectrograms are shifted and scaled by one mean and one deviation over the training split, vectors, sequences and
//     arrays by those of each feature on their last axis; pixels of whole bytes are divided by 255.
package folder
