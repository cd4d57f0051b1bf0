// The simulated network: loses and delays as it is told, and the jitter buffer puts right what can be.
#include "apps/live/channel.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "apps/live/jitter_buffer.h"

namespace quaver {
namespace {

constexpr double kTick = 0.02;  // seconds

LivePacket Packet(uint64_t sequence) {
  LivePacket packet;
  packet.sequence = sequence;
  packet.size = 1 + sequence % 50;
  for (size_t i = 0; i < packet.size; ++i) packet.bytes[i] = static_cast<uint8_t>(sequence * 31 + i);
  return packet;
}

bool Same(const LivePacket& a, const LivePacket& b) {
  return a.sequence == b.sequence && a.size == b.size && a.bytes == b.bytes;
}

TEST(SimulatedChannel, WithoutLossAndJitterIsNotThere) {
  SimulatedChannel channel({}, kTick);
  for (uint64_t t = 0; t < 500; ++t) {
    ASSERT_TRUE(channel.Send(Packet(t)));
    const auto received = channel.Receive(t);
    ASSERT_EQ(received.size(), size_t{1});
    ASSERT_TRUE(Same(*received[0], Packet(t)));
  }
}

TEST(SimulatedChannel, EveryPacketComesOnceAndLateByAHalfNormalTime) {
  ChannelSettings settings;
  settings.jitter = 0.06;  // three ticks
  SimulatedChannel channel(settings, kTick);
  constexpr uint64_t kPackets = 20'000;
  std::vector<int> seen(kPackets);
  double late = 0;
  for (uint64_t t = 0; t < kPackets + 200; ++t) {
    if (t < kPackets) {
      ASSERT_TRUE(channel.Send(Packet(t)));
    }
    for (const LivePacket* packet : channel.Receive(t)) {
      ASSERT_LE(packet->sequence, t);
      ASSERT_TRUE(Same(*packet, Packet(packet->sequence)));
      ++seen[packet->sequence];
      late += static_cast<double>(t - packet->sequence);
    }
  }
  EXPECT_EQ(std::count(seen.begin(), seen.end(), 1), static_cast<std::ptrdiff_t>(kPackets));
  // E|X| = 3 sqrt(2 / pi) ticks, and half a tick until the receiver looks.
  EXPECT_NEAR(late / kPackets, 3 * std::sqrt(2 / std::acos(-1.0)) + 0.5, 0.1);
}

TEST(JitterBuffer, PlaysInOrderAndNothingTwice) {
  ChannelSettings settings;
  settings.jitter = 0.02;
  constexpr int kDepth = 6;  // six deviations
  SimulatedChannel channel(settings, kTick);
  JitterBuffer buffer(kDepth);
  int missing = 0;
  for (uint64_t t = 0; t < 5000; ++t) {
    ASSERT_TRUE(channel.Send(Packet(t)));
    for (const LivePacket* packet : channel.Receive(t)) {
      EXPECT_TRUE(buffer.Put(*packet));
      EXPECT_FALSE(buffer.Put(*packet));
    }
    if (t < kDepth) continue;
    const LivePacket* packet = buffer.Take();
    missing += packet == nullptr ? 1 : 0;
    if (packet != nullptr) {
      ASSERT_TRUE(Same(*packet, Packet(t - kDepth)));
    }
  }
  EXPECT_EQ(missing, 0);
}

TEST(JitterBuffer, WhatComesAfterItsTurnIsRefused) {
  JitterBuffer buffer(2);
  EXPECT_EQ(buffer.Take(), nullptr);  // packet 0 did not come
  EXPECT_FALSE(buffer.Put(Packet(0)));
  EXPECT_TRUE(buffer.Put(Packet(3)));
  EXPECT_FALSE(buffer.Put(Packet(4)));  // further ahead than a packet can be
  EXPECT_TRUE(buffer.Put(Packet(1)));
  EXPECT_EQ(buffer.Take()->sequence, uint64_t{1});
  EXPECT_EQ(buffer.Take(), nullptr);
  EXPECT_EQ(buffer.Take()->sequence, uint64_t{3});
}

}  // namespace
}  // namespace quaver
