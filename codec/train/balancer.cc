#include "codec/train/balancer.h"

#include <torch/serialize/archive.h>

#include <algorithm>
#include <cstdint>
#include <sstream>

namespace quaver {
namespace {

constexpr double kLeast = 1e-12;  // of a norm that is divided by

}  // namespace

double Balancer::Follow(const std::string& name, double norm) {
  auto it =
      std::find_if(averages_.begin(), averages_.end(), [&](const Average& a) { return a.name == name; });
  if (it == averages_.end()) it = averages_.insert(averages_.end(), Average{name});
  it->sum = decay_ * it->sum + norm;
  it->count = decay_ * it->count + 1;
  return it->sum / it->count;
}

torch::Tensor Balancer::Combine(const std::vector<Term>& terms,
                                const std::function<torch::Tensor(const torch::Tensor&)>& mean_over_ranks) {
  std::vector<torch::Tensor> norms;
  for (const Term& term : terms) norms.push_back(term.gradient.norm(2, 1).mean());
  torch::Tensor read = torch::stack(norms).to(torch::kCPU, torch::kDouble);
  if (mean_over_ranks) read = mean_over_ranks(read);
  torch::Tensor sum;
  double first = 0;
  for (size_t i = 0; i < terms.size(); ++i) {
    const double average = Follow(terms[i].name, read[static_cast<int64_t>(i)].item<double>());
    if (i == 0) first = average;
    const double scale = i == 0 ? 1 : terms[i].weight * first / std::max(average, kLeast);
    sum = i == 0 ? terms[i].gradient : sum + scale * terms[i].gradient;
  }
  return sum;
}

double Balancer::Scale(const std::string& name, double weight) const {
  const auto it =
      std::find_if(averages_.begin(), averages_.end(), [&](const Average& a) { return a.name == name; });
  if (it == averages_.end()) return 0;
  const Average& first = averages_.front();
  return weight * (first.sum / first.count) / std::max(it->sum / it->count, kLeast);
}

void Balancer::Save(torch::serialize::OutputArchive& archive) const {
  std::vector<double> numbers;
  std::string names;
  for (const Average& average : averages_) {
    names += average.name + "\n";
    numbers.insert(numbers.end(), {average.sum, average.count});
  }
  archive.write("names", c10::IValue(names));
  archive.write("averages", torch::tensor(numbers, torch::kDouble));
}

void Balancer::Load(torch::serialize::InputArchive& archive) {
  c10::IValue names;
  torch::Tensor numbers;
  archive.read("names", names);
  archive.read("averages", numbers);
  averages_.clear();
  std::istringstream lines(names.toStringRef());
  int64_t i = 0;
  for (std::string name; std::getline(lines, name); i += 2)
    averages_.push_back({name, numbers[i].item<double>(), numbers[i + 1].item<double>()});
}

}  // namespace quaver
