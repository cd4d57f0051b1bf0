#include "tests/api/soak/server.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace quaver::soak {

struct Server::LoadedModel {
  explicit LoadedModel(std::shared_ptr<const Model> loaded) : model(std::move(loaded)), batch(model) {}
  std::shared_ptr<const Model> model;
  Batch batch;
  std::list<Call> calls;
};

Server::Server(std::vector<std::string> models, std::span<const float> speech, int most_calls, uint64_t seed)
    : models_(std::move(models)),
      speech_(speech),
      most_calls_(static_cast<size_t>(most_calls)),
      random_(seed),
      next_seed_(seed << 32),
      newest_(models_.size()) {}

Server::~Server() = default;

Server::LoadedModel& Server::Newest(size_t model) {
  // A model is loaded anew now and then. The calls that it has go on with what was loaded before.
  if (newest_[model] == nullptr || random_.Below(500) == 0) {
    auto loaded = Model::Load(models_[model]);
    if (!loaded.ok()) throw std::runtime_error(loaded.message());
    newest_[model] = &loaded_.emplace_back(std::move(loaded).value());
    ++counts_.loads;
  }
  return *newest_[model];
}

void Server::Join() {
  LoadedModel& one = Newest(random_.Below(models_.size()));
  one.calls.emplace_back(one.model, speech_, next_seed_++);
  ++counts_.calls;
}

void Server::RunBatch(LoadedModel& one) {
  const size_t streams = one.calls.size(), groups = static_cast<size_t>(one.model->groups()),
               frame = static_cast<size_t>(one.model->frame());
  std::vector<Encoder*> encoders;
  std::vector<Decoder*> decoders;
  std::vector<int> n_q;
  std::vector<float> samples;
  std::vector<uint16_t> tokens(streams * groups);
  for (Call& call : one.calls) {
    const auto spoken = call.Speak();
    samples.insert(samples.end(), spoken.begin(), spoken.end());
    encoders.push_back(&call.encoder());
    decoders.push_back(&call.decoder());
    n_q.push_back(call.sent_n_q());
  }
  if (!one.batch.Encode(encoders, samples, n_q, tokens)) throw std::runtime_error("a batch does not encode");
  size_t i = 0;
  for (Call& call : one.calls) {
    const auto row = std::span(tokens).subspan(i * groups, groups);
    std::ranges::copy(row, call.sent().begin());
    call.Send(counts_);
    std::ranges::copy(call.heard(), row.begin());
    n_q[i++] = call.heard_n_q();
  }
  if (!one.batch.Decode(decoders, tokens, n_q, samples)) throw std::runtime_error("a batch does not decode");
  i = 0;
  for (Call& call : one.calls) {
    std::copy_n(samples.begin() + static_cast<std::ptrdiff_t>(i++ * frame), frame, call.sound().begin());
    call.Hear();
  }
}

void Server::End(const Call& call) {
  if (random_.Below(16) != 0) return;
  Counts own;
  Call again(call.model(), speech_, call.seed());
  while (again.ticks() < call.ticks()) {
    again.Speak();
    again.EncodeAlone();
    again.Send(own);
    again.DecodeAlone();
    again.Hear();
  }
  if (again.digest() != call.digest())
    throw std::runtime_error("call " + std::to_string(call.seed()) + " sounds different on its own");
  ++counts_.replayed;
}

void Server::Tick() {
  size_t calls = 0;
  for (const LoadedModel& one : loaded_) calls += one.calls.size();
  for (; calls < most_calls_ && random_.Below(8) != 0; ++calls) Join();
  for (LoadedModel& one : loaded_) {
    if (one.calls.empty()) continue;
    RunBatch(one);
    for (auto call = one.calls.begin(); call != one.calls.end();) {
      if (random_.Below(100) == 0) call->MoveElsewhere(counts_);
      if (call->over() || random_.Below(2000) == 0) {  // the second: hung up in the middle
        End(*call);
        call = one.calls.erase(call);
      } else {
        ++call;
      }
    }
  }
  loaded_.remove_if([&](LoadedModel& one) {
    return one.calls.empty() && std::ranges::find(newest_, &one) == newest_.end();
  });
}

void Server::Close() {
  for (LoadedModel& one : loaded_) {
    for (const Call& call : one.calls) End(call);
  }
  loaded_.clear();
  std::ranges::fill(newest_, nullptr);
}

}  // namespace quaver::soak
