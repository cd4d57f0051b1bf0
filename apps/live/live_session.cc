#include "apps/live/live_session.h"

#include <string>
#include <thread>
#include <utility>

#include "codec/io/stop_request.h"

namespace quaver {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kTick = std::chrono::milliseconds(50);
constexpr int kTicksToRetry = 20;
constexpr auto kDrain = std::chrono::seconds(2);  // at most, for the rest of the sound to be played

}  // namespace

LiveSession::LiveSession(LinkOptions options, double seconds, const Parts& parts)
    : options_(std::move(options)), seconds_(seconds), parts_(parts) {}

double LiveSession::Elapsed() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }

LiveReport LiveSession::Report() const {
  DeviceFigures figures = closed_;
  if (link_ != nullptr) link_->AddFigures(figures);
  return MakeReport(parts_.stats, parts_.codec, figures, Elapsed());
}

Status LiveSession::Run() {
  if (Status status = Open(); !status.ok()) return status;
  start_ = Clock::now();
  for (;;) {
    if (Status status = Drive(); !status.ok()) return status;
    if (over_ != Over::kVanished) return {};
    if (Status status = Reopen(); !status.ok()) return status;
    if (link_ == nullptr) return {};  // the end came first
  }
}

// From then on it is these devices: one that comes back may have another number.
Status LiveSession::Open() {
  auto link = DeviceLink::Open(options_, parts_.codec.model());
  if (!link.ok()) return link.error();
  if (Status status = link.value()->Start(); !status.ok()) return status;
  link_ = std::move(link).value();
  options_.known_input = link_->known_input();
  options_.known_output = link_->known_output();
  if (!link_->note().empty()) parts_.ui.Print(link_->note().substr(0, link_->note().size() - 1));
  return {};
}

Status LiveSession::Drive() {
  FrameSource* source = parts_.file != nullptr ? parts_.file : link_->microphone();
  LiveEngine engine(parts_.codec, *source, link_->sink(), parts_.recorder, parts_.controls, parts_.stats);
  EngineThread thread(engine);
  over_ = Watch(thread);
  if (over_ == Over::kEnded) Drain();
  thread.Stop();
  return thread.status();
}

LiveSession::Over LiveSession::Watch(const EngineThread& thread) {
  for (;;) {
    if (Tick()) return Over::kWanted;
    if (thread.ended()) return Over::kEnded;
    if (link_->Vanished()) return Over::kVanished;
  }
}

bool LiveSession::Tick() {
  std::this_thread::sleep_for(kTick);
  const bool quit = parts_.ui.Keys();
  parts_.ui.Draw(Report());
  return quit || StopRequested() != 0 || (seconds_ > 0 && Elapsed() >= seconds_);
}

void LiveSession::Drain() {
  const auto limit = Clock::now() + kDrain;
  while (!link_->Drained() && Clock::now() < limit && !Tick()) {
  }
  const std::chrono::duration<double> inside(Report().devices.output_latency);
  std::this_thread::sleep_for(std::min(inside, std::chrono::duration<double>(kDrain)));
}

void LiveSession::CloseLink() {
  link_->AddFigures(closed_);
  link_.reset();
}

// Tries once a second until the devices are back or the end is wanted (then there is no link).
Status LiveSession::Reopen() {
  const std::string &input = link_->input_name(), &output = link_->output_name();
  const std::string names = input + (input.empty() || output.empty() ? "" : ", ") + output;
  parts_.ui.Print("a device has vanished (" + names + "); waiting for it to come back");
  CloseLink();
  for (int tick = 1; !Tick(); ++tick) {
    if (tick % kTicksToRetry != 0 || !Open().ok()) continue;
    ++closed_.reopened;
    parts_.ui.Print("the devices are back");
    return {};
  }
  return {};
}

}  // namespace quaver
