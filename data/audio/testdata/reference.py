"""Values of librosa, scipy and torchaudio for the features of package audio: writes reference.json beside it.

Made with Python 3.11, numpy 2.4.6, scipy 1.17.1, librosa 0.11.0, torch 2.14.1, torchaudio 2.11.0:

    pip install numpy==2.4.6 scipy==1.17.1 librosa==0.11.0 torch==2.14.1 torchaudio==2.11.0
    python reference.py
"""

import json
import pathlib

import librosa
import numpy
import scipy
import scipy.signal
import torch
import torchaudio
import torchaudio.compliance.kaldi as kaldi

SEED = 1
RATES = [(16000, 22050), (44100, 16000), (8000, 16000), (22050, 8000), (11025, 48000)]


def numbers(x) -> list:
    return [float(f"{v:.9g}") for v in numpy.asarray(x, "f8").ravel()]


def main() -> None:
    rng = numpy.random.Generator(numpy.random.PCG64(SEED))
    time = numpy.arange(1700) / 16000
    x = 0.3 * numpy.sin(2 * numpy.pi * (400 + 9000 * time) * time) + 0.02 * rng.standard_normal(1700) + 0.05
    x[900:1100] = 0  # silence
    x = x.astype("f4").astype("f8")
    wave = torch.from_numpy(x)[None]
    out = {
        "versions": {m.__name__: m.__version__ for m in (numpy, scipy, librosa, torch, torchaudio)},
        "seed": SEED,
        "samples": numbers(x),
        "resample": [
            {"from": a, "to": b, "values": numbers(scipy.signal.resample_poly(x[:600], b // numpy.gcd(a, b), a // numpy.gcd(a, b)))} for a, b in RATES
        ],
        # [bins, frames]
        "stft": numbers(numpy.log(numpy.abs(librosa.stft(x, n_fft=512, hop_length=353, pad_mode="constant")) + 1e-7)),
        "stft_reflect": numbers(numpy.log(numpy.abs(librosa.stft(x, n_fft=512, hop_length=353, pad_mode="reflect")) + 1e-7)),
        # of 100 samples, mirrored more than once on either side; librosa warns
        "stft_short": numbers(numpy.log(numpy.abs(librosa.stft(x[:100], n_fft=512, hop_length=353, pad_mode="reflect")) + 1e-7)),
        "stft_odd": numbers(numpy.log(numpy.abs(librosa.stft(x[:200], n_fft=75, hop_length=20, pad_mode="constant")) + 1e-7)),
        # [frames, bins], as Kaldi has it
        "kaldi": numbers(
            kaldi.fbank(
                wave - wave.mean(), htk_compat=True, sample_frequency=16000, use_energy=False, window_type="hanning",
                num_mel_bins=128, dither=0.0, frame_shift=10,
            )
        ),
        "kaldi_other": numbers(
            kaldi.fbank(
                wave, sample_frequency=8000, use_energy=False, window_type="hanning", num_mel_bins=23, dither=0.0,
                frame_length=32, frame_shift=8, low_freq=100, preemphasis_coefficient=0.9,
            )
        ),
        "mel": numbers(numpy.log(librosa.feature.melspectrogram(y=x, sr=16000, n_fft=512, hop_length=160, n_mels=40, pad_mode="constant") + 1e-7)),
        "mel_reflect": numbers(numpy.log(librosa.feature.melspectrogram(y=x, sr=8000, n_fft=400, hop_length=100, n_mels=23, pad_mode="reflect") + 1e-3)),
    }  # fmt: skip
    path = pathlib.Path(__file__).with_name("reference.json")
    path.write_text(json.dumps(out, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
