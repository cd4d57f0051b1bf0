#include "codec/train/data/survey.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <set>
#include <string_view>
#include <utility>

#include "codec/train/data/decode.h"
#include "codec/train/data/load.h"
#include "codec/train/data/text_hash.h"
#include "codec/samples.h"

namespace quaver {
namespace {

constexpr float kFullScale = 0.999F;
constexpr int kClippedRun = 3;  // samples

struct Facts {
  std::string error;  // empty: the clip was read
  double seconds = 0;
  int sample_rate = 0;
  int channels = 0;
  std::string format;
  double rms = 0;
  bool clipped = false;
  uint64_t hash = kHashStart;

  bool usable(const SurveyOptions& options) const {
    return error.empty() && rms >= kSilence && seconds >= options.min_seconds;
  }
};

Facts FactsOf(const Sound& sound) {
  Facts facts{"", 0, sound.sample_rate, sound.channels, sound.format, 0, false, kHashStart};
  facts.seconds = static_cast<double>(sound.mono.size()) / sound.sample_rate;
  double sum = 0;
  int run = 0;
  float last = 0;
  for (const float x : sound.mono) {
    sum += static_cast<double>(x) * x;
    run = std::abs(x) >= kFullScale ? (x == last ? run + 1 : 1) : 0;
    facts.clipped = facts.clipped || run >= kClippedRun;
    last = x;
    const int16_t pcm = ToPcm16(x);
    facts.hash = TextHash({reinterpret_cast<const char*>(&pcm), sizeof(pcm)}, facts.hash);
  }
  facts.rms = std::sqrt(sum / static_cast<double>(std::max<size_t>(1, sound.mono.size())));
  return facts;
}

std::vector<HistogramBin> Bins(const std::vector<double>& edges) {
  std::vector<HistogramBin> bins;
  for (size_t i = 0; i + 1 < edges.size(); ++i) bins.push_back({edges[i], edges[i + 1], 0});
  return bins;
}

void Count(double value, std::vector<HistogramBin>& bins) {
  for (HistogramBin& bin : bins) {
    if (value < bin.high || &bin == &bins.back()) {
      ++bin.clips;
      return;
    }
  }
}

class Surveyor {
 public:
  Surveyor(const Source& source, const SurveyOptions& options)
      : source_(source), options_(options), facts_(source.entries.size()) {}

  Survey Run() {
    std::vector<size_t> all(source_.entries.size());
    std::iota(all.begin(), all.end(), size_t{0});
    const auto work = [this](size_t i, const Result<Sound>& sound) {
      if (sound.ok())
        facts_[i] = FactsOf(sound.value());
      else
        facts_[i].error = sound.message();
    };
    const auto take = [this, done = size_t{0}](size_t) mutable {
      if (options_.progress) options_.progress(++done, source_.entries.size());
      return true;
    };
    DecodeEntries(source_, all, options_.threads, work, take);
    survey_.kind = source_.kind;
    survey_.notes = source_.notes;
    survey_.broken = source_.missing;
    survey_.durations = Bins({0, 1, 2, 4, 8, 16, 32, std::numeric_limits<double>::infinity()});
    survey_.levels = Bins({-60, -50, -45, -40, -35, -30, -25, -20, -15, -10, 0});
    for (const size_t i : all) Add(source_.entries[i], facts_[i]);
    FindDuplicates();
    survey_.all = PartOf([](const SoundEntry&) { return true; });
    SplitUp();
    return std::move(survey_);
  }

 private:
  void Add(const SoundEntry& entry, const Facts& facts) {
    if (!facts.error.empty()) {
      survey_.broken.push_back({entry.name, facts.error});
      return;
    }
    ++survey_.sample_rates[facts.sample_rate];
    ++survey_.channels[facts.channels];
    ++survey_.formats[facts.format];
    if (facts.clipped) survey_.clipped.push_back(entry.name);
    if (facts.rms < kSilence) {
      survey_.silent.push_back(entry.name);
    } else if (facts.seconds < options_.min_seconds) {
      survey_.too_short.push_back(entry.name);
    } else {
      Count(facts.seconds, survey_.durations);
      Count(20 * std::log10(facts.rms), survey_.levels);
      survey_.unnamed += entry.speaker.empty() ? 1 : 0;
    }
  }

  void FindDuplicates() {
    std::map<std::pair<uint64_t, double>, std::vector<std::string>> same;
    for (size_t i = 0; i < facts_.size(); ++i) {
      if (facts_[i].usable(options_))
        same[{facts_[i].hash, facts_[i].seconds}].push_back(source_.entries[i].name);
    }
    for (auto& [key, names] : same) {
      if (names.size() > 1) survey_.duplicates.push_back(std::move(names));
    }
    std::ranges::sort(survey_.duplicates);
  }

  template <typename Choose>
  SurveyedPart PartOf(const Choose& choose) const {
    SurveyedPart part;
    std::set<std::string_view> speakers;
    for (size_t i = 0; i < facts_.size(); ++i) {
      const SoundEntry& entry = source_.entries[i];
      if (!facts_[i].usable(options_) || !choose(entry)) continue;
      ++part.clips;
      part.seconds += facts_[i].seconds;
      if (!entry.speaker.empty()) speakers.insert(entry.speaker);
    }
    part.speakers = speakers.size();
    return part;
  }

  // The same choice as LoadTrainingSets() makes, by names alone.
  void SplitUp() {
    survey_.test = PartOf([](const SoundEntry& entry) { return entry.split == Split::kTest; });
    Dataset train;
    std::set<std::string_view> speakers;
    for (const size_t i : EntriesOf(source_, Part::kTraining)) {
      const SoundEntry& entry = source_.entries[i];
      if (!facts_[i].usable(options_)) continue;
      train.clips.push_back({entry.path, entry.speaker, {}, nullptr});
      speakers.insert(entry.speaker);
    }
    speakers.erase("");
    const bool training = !train.clips.empty();
    if (source_.Has(Split::kDev)) {
      survey_.split = "official parts: trained on train, validated on dev, test left alone";
      survey_.train = PartOf(IsTraining);
      survey_.validation = PartOf([&](const SoundEntry& entry) {
        return entry.split == Split::kDev && !speakers.contains(entry.speaker);
      });
      return;
    }
    const Dataset held = HoldOut(train, options_.held_out);
    std::set<std::string_view> paths;
    for (const Clip& clip : held.clips) paths.insert(clip.path);
    survey_.train =
        PartOf([&](const SoundEntry& entry) { return IsTraining(entry) && !paths.contains(entry.path); });
    survey_.validation = PartOf([&](const SoundEntry& entry) { return paths.contains(entry.path); });
    survey_.split = !training            ? "an official test part, which is not trained on"
                    : held.clips.empty() ? "nothing to hold out: one clip or one speaker"
                    : speakers.empty()   ? "some clips held out by their names; speakers are not known"
                    : survey_.unnamed == 0
                        ? "some speakers held out"
                        : "some speakers held out, and some clips whose speaker is not known";
  }
  static bool IsTraining(const SoundEntry& entry) {
    return entry.split != Split::kDev && entry.split != Split::kTest;
  }

  const Source& source_;
  const SurveyOptions& options_;
  std::vector<Facts> facts_;
  Survey survey_;
};

}  // namespace

Result<Survey> SurveySource(const std::string& path, const SurveyOptions& options) {
  const auto source = FindSource(path, options.leave_out);
  if (!source.ok()) return source.error();
  if (source.value().entries.empty() && source.value().missing.empty())
    return Error{path + ": no sound file"};
  return Surveyor(source.value(), options).Run();
}

}  // namespace quaver
