// C++'s memory and exceptions, where the target has no exceptions.
//
// A throw, which in the library means that memory is short, calls lib/engine.js, and that throws an exception
// of JavaScript through all frames of the call: no destructor runs. So that nothing is lost, each block
// belongs to an owner, an object of JavaScript: the model, an encoder, a decoder. After a failure,
// lib/engine.js gives up the object, and all its blocks are freed at once. Others never refer to them: what
// objects share is the model.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <typeinfo>

// Throws in JavaScript. `what` is the name of a C++ type.
extern "C" [[noreturn]] __attribute__((import_module("env"), import_name("fail"))) void Fail(
    const char* what);

namespace {

// Stands before each block, in a ring of all.
struct Head {
  Head* next;
  Head* last;
  uint32_t owner;
  uint32_t offset;  // of the block from what malloc gave
};
static_assert(sizeof(Head) == __STDCPP_DEFAULT_NEW_ALIGNMENT__);

Head ring = {&ring, &ring, 0, 0};
uint32_t current_owner = 0;

void* Take(size_t size, size_t alignment) {
  if (alignment < sizeof(Head)) alignment = sizeof(Head);
  if (size > PTRDIFF_MAX - 2 * alignment) return nullptr;
  const size_t whole = (size + alignment - 1) / alignment * alignment + alignment;
  void* base = alignment == sizeof(Head) ? std::malloc(whole) : std::aligned_alloc(alignment, whole);
  if (base == nullptr) return nullptr;
  char* block = static_cast<char*>(base) + alignment;
  auto* head = reinterpret_cast<Head*>(block) - 1;
  *head = {ring.next, &ring, current_owner, static_cast<uint32_t>(alignment)};
  ring.next->last = head;
  ring.next = head;
  return block;
}

void* TakeOrFail(size_t size, size_t alignment) {
  void* block = Take(size, alignment);
  if (block == nullptr) Fail("std::bad_alloc");
  return block;
}

void Give(void* block) {
  if (block == nullptr) return;
  Head* head = static_cast<Head*>(block) - 1;
  head->next->last = head->last;
  head->last->next = head->next;
  std::free(static_cast<char*>(block) - head->offset);
}

}  // namespace

// Blocks that are taken from now on belong to `owner`.
extern "C" __attribute__((export_name("own"))) void Own(uint32_t owner) { current_owner = owner; }

// Frees all blocks of an owner.
extern "C" __attribute__((export_name("disown"))) void Disown(uint32_t owner) {
  for (Head* head = ring.next; head != &ring;) {
    Head* next = head->next;
    if (head->owner == owner) Give(head + 1);
    head = next;
  }
}

void* operator new(size_t size) { return TakeOrFail(size, 0); }
void* operator new[](size_t size) { return TakeOrFail(size, 0); }
void* operator new(size_t size, std::align_val_t alignment) {
  return TakeOrFail(size, static_cast<size_t>(alignment));
}
void* operator new[](size_t size, std::align_val_t alignment) {
  return TakeOrFail(size, static_cast<size_t>(alignment));
}
void* operator new(size_t size, const std::nothrow_t&) noexcept { return Take(size, 0); }
void* operator new[](size_t size, const std::nothrow_t&) noexcept { return Take(size, 0); }
void* operator new(size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return Take(size, static_cast<size_t>(alignment));
}
void* operator new[](size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return Take(size, static_cast<size_t>(alignment));
}
void operator delete(void* block) noexcept { Give(block); }
void operator delete[](void* block) noexcept { Give(block); }
void operator delete(void* block, size_t) noexcept { Give(block); }
void operator delete[](void* block, size_t) noexcept { Give(block); }
void operator delete(void* block, std::align_val_t) noexcept { Give(block); }
void operator delete[](void* block, std::align_val_t) noexcept { Give(block); }
void operator delete(void* block, size_t, std::align_val_t) noexcept { Give(block); }
void operator delete[](void* block, size_t, std::align_val_t) noexcept { Give(block); }
void operator delete(void* block, const std::nothrow_t&) noexcept { Give(block); }
void operator delete[](void* block, const std::nothrow_t&) noexcept { Give(block); }
void operator delete(void* block, std::align_val_t, const std::nothrow_t&) noexcept { Give(block); }
void operator delete[](void* block, std::align_val_t, const std::nothrow_t&) noexcept { Give(block); }

// What a throw calls (Itanium C++ ABI: Exception Handling, 2.4).
extern "C" void* __cxa_allocate_exception(size_t size) noexcept {
  alignas(16) static char room[256];  // only its type is looked at
  if (size > sizeof room) Fail("an exception");
  return room;
}
extern "C" void __cxa_free_exception(void*) noexcept {}
extern "C" [[noreturn]] void __cxa_throw(void*, std::type_info* type, void (*)(void*)) { Fail(type->name()); }
