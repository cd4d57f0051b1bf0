// The batch calls of the C API.
#include <exception>
#include <span>
#include <vector>

#include "codec/batch.h"
#include "codec/codec.h"
#include "codec/pcm16.h"
#include "codec/quaver.h"
#include "codec/quaver_handles.h"

struct quaver_batch {
  quaver_batch(const std::shared_ptr<const quaver::Model>& shared, int most) : model(shared), batch(shared) {
    encoders.reserve(static_cast<size_t>(most));
    decoders.reserve(static_cast<size_t>(most));
    floats.resize(static_cast<size_t>(most) * static_cast<size_t>(model->frame()));
  }
  std::shared_ptr<const quaver::Model> model;
  quaver::Batch batch;
  std::vector<quaver::Encoder*> encoders;  // of the call that runs
  std::vector<quaver::Decoder*> decoders;
  std::vector<float> floats;  // of the 16-bit calls
};

namespace {

// Fills `list`, whose capacity is never exceeded, with the streams behind the handles; false: there is a
// NULL.
template <typename Handle, typename Stream>
bool Gather(Handle* const* handles, int count, Stream Handle::*member, std::vector<Stream*>& list) {
  list.clear();
  if (count < 0 || static_cast<size_t>(count) > list.capacity() || (handles == nullptr && count > 0))
    return false;
  for (int i = 0; i < count; ++i) {
    if (handles[i] == nullptr) return false;
    list.push_back(&(handles[i]->*member));
  }
  return true;
}

size_t Rows(int count, int width) { return static_cast<size_t>(count) * static_cast<size_t>(width); }

}  // namespace

quaver_batch* quaver_batch_create(const quaver_model* model, int most) {
  if (model == nullptr || most < 1) return nullptr;
  try {
    return new quaver_batch(model->shared, most);
  } catch (const std::exception&) {
    return nullptr;
  }
}

void quaver_batch_close(quaver_batch* batch) { delete batch; }

int quaver_batch_encode(quaver_batch* batch, quaver_encoder* const* encoders, int count, const float* samples,
                        const int* n_q, uint16_t* tokens) {
  if (batch == nullptr || !Gather(encoders, count, &quaver_encoder::encoder, batch->encoders))
    return QUAVER_ERROR_ARGUMENT;
  if (count == 0) return 0;
  if (samples == nullptr || n_q == nullptr || tokens == nullptr) return QUAVER_ERROR_ARGUMENT;
  const bool ok = batch->batch.Encode(batch->encoders, {samples, Rows(count, batch->model->frame())},
                                      {n_q, Rows(count, 1)}, {tokens, Rows(count, batch->model->groups())});
  return ok ? count : QUAVER_ERROR_ARGUMENT;
}

int quaver_batch_decode(quaver_batch* batch, quaver_decoder* const* decoders, int count,
                        const uint16_t* tokens, const int* n_q, float* samples) {
  if (batch == nullptr || !Gather(decoders, count, &quaver_decoder::decoder, batch->decoders))
    return QUAVER_ERROR_ARGUMENT;
  if (count == 0) return 0;
  if (samples == nullptr || n_q == nullptr || tokens == nullptr) return QUAVER_ERROR_ARGUMENT;
  const bool ok = batch->batch.Decode(batch->decoders, {tokens, Rows(count, batch->model->groups())},
                                      {n_q, Rows(count, 1)}, {samples, Rows(count, batch->model->frame())});
  return ok ? count : QUAVER_ERROR_ARGUMENT;
}

int quaver_batch_encode_i16(quaver_batch* batch, quaver_encoder* const* encoders, int count,
                            const int16_t* samples, const int* n_q, uint16_t* tokens) {
  if (batch == nullptr || count < 0 || Rows(count, batch->model->frame()) > batch->floats.size())
    return QUAVER_ERROR_ARGUMENT;
  if (samples == nullptr && count > 0) return QUAVER_ERROR_ARGUMENT;
  quaver::internal::FromPcm16({samples, Rows(count, batch->model->frame())}, batch->floats);
  return quaver_batch_encode(batch, encoders, count, batch->floats.data(), n_q, tokens);
}

int quaver_batch_decode_i16(quaver_batch* batch, quaver_decoder* const* decoders, int count,
                            const uint16_t* tokens, const int* n_q, int16_t* samples) {
  if (batch == nullptr || (samples == nullptr && count > 0)) return QUAVER_ERROR_ARGUMENT;
  const int done = quaver_batch_decode(batch, decoders, count, tokens, n_q, batch->floats.data());
  if (done <= 0) return done;
  const size_t written = Rows(done, batch->model->frame());
  quaver::internal::ToPcm16(std::span<const float>(batch->floats).first(written), {samples, written});
  return done;
}
