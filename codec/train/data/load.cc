#include "codec/train/data/load.h"

#include <algorithm>
#include <utility>

#include "codec/train/data/decode.h"

namespace quaver {
namespace {

constexpr size_t kMaxNamed = 10;  // files or speakers that an error lists

// The reason for which a clip is of no use, or nothing.
std::string Reject(const Clip& clip, const LoadOptions& options, bool packed) {
  if (clip.samples.empty()) return "empty";
  if (clip.samples.size() < options.min_samples) return "too short";
  if (!packed && Rms(clip.samples) < kSilence) return "silent";
  return "";
}

void Add(Clip clip, const LoadOptions& options, bool packed, Dataset& data) {
  const std::string reason = Reject(clip, options, packed);
  if (reason.empty()) {
    data.clips.push_back(std::move(clip));
  } else {
    data.skipped.push_back({clip.path, reason});
  }
}

void Decode(const Source& source, const std::vector<size_t>& chosen, const LoadOptions& options,
            Dataset& data) {
  std::vector<Result<std::vector<int16_t>>> made(source.entries.size(), Error{});
  size_t done = 0;
  const auto work = [&](size_t i, Result<Sound> sound) {
    made[i] =
        sound.ok() ? ToClip(sound.value(), options.sample_rate) : Result<std::vector<int16_t>>(sound.error());
  };
  const auto take = [&](size_t i) {
    const SoundEntry& entry = source.entries[i];
    const std::string path =
        entry.whole() ? entry.path : entry.path + entry.name.substr(entry.name.rfind("#t="));
    if (made[i].ok()) {
      Add(Clip::Owning(path, entry.speaker, std::move(made[i]).value()), options, false, data);
    } else {
      data.skipped.push_back({path, made[i].message()});
    }
    made[i] = Error{};
    if (options.progress) options.progress(++done, chosen.size());
    return true;
  };
  DecodeEntries(source, chosen, options.threads, work, take);
}

Error NothingLeft(const Source& source, size_t chosen, const std::vector<SkippedFile>& skipped) {
  std::string message = source.path + ": no usable sound file (" + std::to_string(chosen) + " found, " +
                        std::to_string(skipped.size()) + " skipped";
  if (chosen < source.entries.size())
    message += ", " + std::to_string(source.entries.size() - chosen) + " of other official parts";
  message += ")";
  for (size_t i = 0; i < std::min(kMaxNamed, skipped.size()); ++i)
    message += "\n  " + skipped[i].path + ": " + skipped[i].reason;
  return Error{message};
}

Result<Dataset> Load(const Source& source, const LoadOptions& options, Part part) {
  if (source.sample_rate != 0 && source.sample_rate != options.sample_rate)
    return Error{source.path + ": shards of " + std::to_string(source.sample_rate) +
                 " Hz, but the model has " + std::to_string(options.sample_rate) +
                 " Hz; make them with quaver pack --rate " + std::to_string(options.sample_rate)};
  const std::vector<size_t> chosen = EntriesOf(source, part);
  Dataset data;
  data.sample_rate = options.sample_rate;
  data.not_left_out = source.not_left_out;
  data.notes = source.notes;
  data.skipped = source.missing;
  if (source.kind == "shards") {
    for (const size_t i : chosen) Add(*source.entries[i].packed, options, true, data);
  } else {
    Decode(source, chosen, options, data);
  }
  if (data.clips.empty()) return NothingLeft(source, chosen.size(), data.skipped);
  data.Index();
  return data;
}

std::string SomeOf(const std::vector<std::string>& names) {
  std::string text;
  for (size_t i = 0; i < std::min(kMaxNamed, names.size()); ++i) text += (i > 0 ? ", " : "") + names[i];
  return names.size() > kMaxNamed ? text + ", ..." : text;
}

// The official dev part; speakers that are also trained on (of other material) do not count.
Result<Dataset> LoadDevPart(const Source& source, const LoadOptions& options, const Dataset& train) {
  auto dev = Load(source, options, Part::kValidation);
  if (!dev.ok()) return dev;
  const std::vector<std::string> shared = SharedSpeakers(train, dev.value());
  if (shared.empty()) return dev;
  const size_t removed = std::erase_if(
      dev.value().clips, [&](const Clip& clip) { return std::ranges::binary_search(shared, clip.speaker); });
  dev.value().Index();
  dev.value().notes.push_back("left aside: " + std::to_string(removed) +
                              " clips of the dev part by speakers who are trained on: " + SomeOf(shared));
  return dev;
}

}  // namespace

std::vector<size_t> EntriesOf(const Source& source, Part part) {
  const bool dev = source.Has(Split::kDev);
  const bool test = source.Has(Split::kTest);
  std::vector<size_t> chosen;
  for (size_t i = 0; i < source.entries.size(); ++i) {
    const Split split = source.entries[i].split;
    bool take = true;
    if (part == Part::kTraining) take = split != Split::kDev && split != Split::kTest;
    if (part == Part::kValidation && (dev || test)) take = split == (dev ? Split::kDev : Split::kTest);
    if (take) chosen.push_back(i);
  }
  return chosen;
}

Result<Dataset> LoadDataset(const std::string& path, const LoadOptions& options) {
  const auto source = FindSource(path, options.leave_out);
  if (!source.ok()) return source.error();
  return Load(source.value(), options, options.part);
}

Result<TrainingSets> LoadTrainingSets(const std::string& data, const std::string& validation, double held_out,
                                      const LoadOptions& options) {
  const auto source = FindSource(data, options.leave_out);
  if (!source.ok()) return source.error();
  auto train = Load(source.value(), options, Part::kTraining);
  if (!train.ok()) return train.error();
  TrainingSets sets{std::move(train).value(), {}};
  sets.validation.sample_rate = options.sample_rate;
  if (!validation.empty()) {
    LoadOptions other = options;
    other.part = Part::kValidation;
    auto loaded = LoadDataset(validation, other);
    if (!loaded.ok()) return loaded.error();
    sets.validation = std::move(loaded).value();
    const std::vector<std::string> shared = SharedSpeakers(sets.train, sets.validation);
    if (!shared.empty())
      return Error{validation + ": has speakers that are also in the training data " + data + " (" +
                   std::to_string(shared.size()) + "): " + SomeOf(shared)};
  } else if (source.value().Has(Split::kDev)) {
    auto dev = LoadDevPart(source.value(), options, sets.train);
    if (!dev.ok()) return dev.error();
    sets.validation = std::move(dev).value();
    sets.validation.notes.insert(sets.validation.notes.begin(), "validation is the official dev part");
  } else {
    sets.validation = HoldOut(sets.train, held_out);
  }
  if (sets.train.clips.empty()) return Error{data + ": nothing left to train on after holding clips out"};
  return sets;
}

}  // namespace quaver
