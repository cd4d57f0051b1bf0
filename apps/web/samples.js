/** The clips in the folder samples/, of the repository's folder of that name. */
export const SAMPLES = [
  {file: 'en-vctk-p228.flac', title: 'English, woman'},
  {file: 'en-vctk-p243.flac', title: 'English, man'},
  {file: 'en-librispeech-6415.flac', title: 'English, woman, audiobook'},
  {file: 'en-librispeech-3699.flac', title: 'English, man, audiobook'},
  {file: 'de-thorsten-03.flac', title: 'German, man'},
  {file: 'fr-common-voice-3.flac', title: 'French'},
];
