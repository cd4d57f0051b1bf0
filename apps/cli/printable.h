// Text of others (names of files, tags) on its way to a terminal.
//
// A terminal obeys control characters: they move the cursor, change its title or answer back. Unicode's
// bidirectional controls (U+202E and its kind) obey nobody, but show text in another order than it is read.
// Both are escaped here, and so are bytes that are no UTF-8.
#ifndef QUAVER_APPS_CLI_PRINTABLE_H_
#define QUAVER_APPS_CLI_PRINTABLE_H_

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace quaver {

// On one line: "\n", "\t", "\x1B", "\u202E", "\xFF" for what would do harm, and all else as it is.
std::string Printable(std::string_view text);

// Of several lines: line feeds stay that are followed by a blank, as in lists that messages end in, so that
// no name can look like a message of its own.
std::string PrintableMessage(std::string_view text);

// Lines of a report: all line feeds stay.
std::string PrintableReport(std::string_view text);

// Indented, with a line feed at its end. What is no UTF-8 is replaced by U+FFFD; the characters above, where
// they stand in strings, are escaped as JSON does, so that it means what it meant.
std::string PrintableJson(const nlohmann::json& json);

}  // namespace quaver

#endif  // QUAVER_APPS_CLI_PRINTABLE_H_
