// --comment and --no-tags, and tags on their way between sound files and .qvr.
#ifndef QUAVER_APPS_CLI_TAGS_H_
#define QUAVER_APPS_CLI_TAGS_H_

#include <string>
#include <vector>

#include "apps/cli/command_line.h"
#include "codec/container/qvr.h"
#include "codec/io/sound_tags.h"

namespace quaver {

struct TagOptions {
  std::vector<std::string> comments;  // NAME=VALUE
  bool no_tags = false;
};

// Adds --comment and --no-tags. `no_place`: outputs that have no place for tags, for people.
void DeclareTags(CommandLine& line, const std::string& no_place, TagOptions& options);

// An error of usage, or "".
std::string CheckTagOptions(const TagOptions& options);

// What the output gets: the input's, unless --no-tags, without those that a --comment replaces, and then the
// --comments.
std::vector<QvrTag> ChosenTags(const std::vector<QvrTag>& input, const TagOptions& options);

std::vector<std::string> NamesOf(const std::vector<QvrTag>& tags);
// "TITLE, ARTIST (5 of them) and 3 more": ten of them, and how many there are besides.
std::string NamesText(const std::vector<std::string>& names);

// The name of the first --comment among `lost`, names that an output has no place for; or "".
std::string FirstComment(const TagOptions& options, const std::vector<std::string>& lost);

// Values that are not UTF-8 are read as ISO 8859-1.
std::vector<QvrTag> ToQvr(const std::vector<SoundTag>& tags);
std::vector<SoundTag> ToSound(const std::vector<QvrTag>& tags);

// Takes the largest tags away, of equals the last ones, until the rest fits into a .qvr file; gives the names
// of those, each time.
std::vector<std::string> DropWhatDoesNotFit(std::vector<QvrTag>& tags);

}  // namespace quaver

#endif  // QUAVER_APPS_CLI_TAGS_H_
