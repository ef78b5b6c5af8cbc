// Package digits pairs spoken with written digits: recordings of the Free Spoken Digit Dataset and images of MNIST
// that show the same digit. It is the smallest real audio-visual set on which one modality holds the other back.
//
// Start with [Open]; [Fetch] downloads the files. They lie below one folder:
//
//	fsdd/recordings/{digit}_{speaker}_{take}.wav    8 kHz, any PCM width
//	mnist/{train,t10k}-{images-idx3,labels-idx1}-ubyte    or the same with .gz, or as -images.idx3-ubyte
//
// Also read are mnist/raw and mnist/MNIST/raw, where torchvision puts MNIST, and free-spoken-digit-dataset/recordings,
// a clone of the other set. Names of folders may be in capitals.
//
// Rules, stated once:
//
//   - By the protocol "speakers" the recordings of theo and lucas are the test split; by "takes", the official one,
//     takes 0 to 4 of every speaker are.
//   - The validation split is a share of each speaker's other takes of each digit, drawn by data_seed. Under the
//     protocol "speakers" it is of the speakers that are trained on, and nearly all of it is got right: it is unfit to
//     choose anything for a test split of strangers, and runs count at their last epoch. With val_speakers it is all
//     takes of training speakers who are held out, by the alphabet the last one where a learning rate is chosen.
//   - Each recording is paired with images_per_recording images of its digit, drawn by data_seed without replacement:
//     from MNIST's training part for train and val, from its test part for test. So no two splits share a recording or
//     an image.
//   - A spectrogram is stretched to a fixed size, then shifted and scaled by the mean and the standard deviation over
//     all values of the training split's spectrograms.
//   - Pixels are in [0, 1] before they are degraded. Noise is a function of data_seed, split and place alone; the
//     principal components of "pca75" are those of the training split's images.
package digits
