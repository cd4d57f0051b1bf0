"""Tokens of a corpus, on one machine or on a cluster: the program quaver-tokenize.

    quaver-tokenize LibriSpeech/ tokens/ --n-q 8           # Parquet; --format webdataset, megatron
    quaver-tokenize clips.jsonl s3://bucket/shards tokens/ --bitrate 1500
    quaver-tokenize corpus/ /shared/tokens --address auto  # on a Ray cluster
    quaver-tokenize verify tokens/
    quaver-tokenize decode tokens/ sound/ --id 19/198/19-198-0000.flac

Killed at any moment and started again, it goes on where it was. The rows and their hashes depend on the inputs, the model
and the settings alone: not on the number of workers, nor on what was killed.

    id            name of the clip in its source, as `quaver data` has it
    source        name of the input
    speaker, text if they are known
    num_samples   samples of the clip at sample_rate (Hz), as it was read
    n_q, frames   tokens a frame, frames
    codes         uint16 [frames * n_q], frame after frame; NO_TOKEN (65535) fills frames that have fewer
    sha256        of the codes as little-endian bytes
    model         identity of the model: 64 hexadecimal digits

quaver.tokenize.loaders reads them for training. Needs pip install 'quaver[tokenize]', or 'quaver[ray]'.
"""
